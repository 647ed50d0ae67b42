// What the screens use of Preact, its hooks, signals and htm, in one module with no bare imports.
import { Fragment, h, render } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { batch, computed, effect, signal, untracked, useComputed, useSignal } from "@preact/signals";
import htm from "htm";

export const html = htm.bind(h);
export {
  Fragment,
  batch,
  computed,
  effect,
  h,
  render,
  signal,
  untracked,
  useComputed,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useSignal,
  useState,
};
