// The types of ui.js, for the check only; browsers never ask for this file.
import type { VNode } from "preact";
export { Fragment, h, render } from "preact";
export { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
export { batch, computed, effect, signal, untracked, useComputed, useSignal } from "@preact/signals";
export type { ReadonlySignal, Signal } from "@preact/signals";
export type { ComponentChildren, VNode } from "preact";
export declare const html: (strings: TemplateStringsArray, ...values: unknown[]) => VNode;
