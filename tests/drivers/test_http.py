"""HTTP: requests byte for byte, responses from any chopping, and the logins of RFC 7616 and RFC 7617."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.codecs.http import MOST_BODY, Response, Responses, request
from drivers.codecs.http_login import Challenge, Login, basic, challenges, digest
from drivers.codecs.inbox import Inbox, drain
from drivers.errors import ProtocolError

SIMPLE = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 5\r\n\r\n<ok/>"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"4\r\nWiki\r\n6;x=1\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\n\r\n"
)
TRAILED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n"
EMPTY = b"HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n"
GOING_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
STREAM = SIMPLE + CHUNKED + GOING_ON + TRAILED + EMPTY + SIMPLE
BODIES = [b"<ok/>", b"Wikipedia in \r\n\r\nchunks.", b"ok", b"", b"<ok/>"]


def inbox(responses: Responses) -> Inbox[Response, Response]:
    return Inbox(responses, lambda response: [response])


def bodies(pieces: list[bytes]) -> list[bytes]:
    box = inbox(Responses())
    return [each.body for piece in pieces for each in box.feed(piece)]


def test_a_request_is_written_line_by_line() -> None:
    assert request("GET", "/ISAPI/System/status", host="192.0.2.4") == (
        b"GET /ISAPI/System/status HTTP/1.1\r\nHost: 192.0.2.4\r\n\r\n"
    )
    assert request("PUT", "/a", host="h:8080", headers={"Accept": "*/*"}, body=b"<x/>") == (
        b"PUT /a HTTP/1.1\r\nHost: h:8080\r\nAccept: */*\r\nContent-Length: 4\r\n\r\n<x/>"
    )
    assert request("POST", "/a", host="h").endswith(b"Content-Length: 0\r\n\r\n")


@pytest.mark.parametrize(
    ("target", "headers"), [("/a b", {}), ("/a\r\nX: 1", {}), ("", {}), ("/a", {"X": "1\r\nEvil: 1"})]
)
def test_what_would_break_out_of_its_line_is_refused(target: str, headers: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="no target or header"):
        request("GET", target, host="h", headers=headers)


def test_responses_come_out_whole_byte_by_byte_and_glued() -> None:
    assert bodies([STREAM]) == BODIES
    assert bodies([STREAM[at : at + 1] for at in range(len(STREAM))]) == BODIES
    assert bodies([STREAM + STREAM]) == BODIES * 2


@given(st.lists(st.integers(1, 60), max_size=20))
def test_any_chopping_gives_the_same_responses(sizes: list[int]) -> None:
    data, pieces = STREAM, []
    for size in sizes:
        pieces.append(data[:size])
        data = data[size:]
    assert bodies([*pieces, data]) == BODIES


def test_headers_are_found_in_any_case_and_the_connections_end_is_told() -> None:
    box = inbox(Responses())
    (first,) = box.feed(SIMPLE)
    assert (first.status, first.header("content-TYPE"), first.header("none"), first.keeps) == (
        200,
        "text/xml",
        "",
        True,
    )
    (closing,) = box.feed(b"HTTP/1.1 500 Oops\r\nConnection: Close\r\nContent-Length: 0\r\nA: 1\r\na: 2\r\n\r\n")
    assert (closing.status, closing.keeps, closing.all("A")) == (500, False, ["1", "2"])
    (old,) = box.feed(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert not old.keeps


def test_a_body_without_a_length_ends_when_the_server_hangs_up() -> None:
    responses = Responses()
    box = inbox(responses)
    assert box.feed(b"HTTP/1.0 200 OK\r\n\r\nhalf ") == box.feed(b"and half") == []
    whole = responses.hung_up()
    assert whole is not None
    assert (whole.body, whole.keeps) == (b"half and half", False)
    assert [each.body for each in box.feed(SIMPLE)] == [b"<ok/>"]


def test_what_was_half_said_is_no_part_of_the_next_answer() -> None:
    responses = Responses()
    box = inbox(responses)
    box.feed(SIMPLE[:-2])
    assert responses.hung_up() is None
    assert [each.body for each in box.feed(SIMPLE)] == [b"<ok/>"]


def test_the_answer_to_head_has_no_body() -> None:
    responses = Responses()
    responses.asked("HEAD")
    responses.asked("GET")
    headless = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"
    assert [each.body for each in inbox(responses).feed(headless + SIMPLE)] == [b"", b"<ok/>"]


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-dropbear\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokay\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + bytes(20_000),
        b"HTTP/1.1 200 OK\r\n\r\n" + bytes(MOST_BODY + 1),
    ],
)
def test_what_is_no_answer_of_http_is_told_and_forgotten(data: bytes) -> None:
    box = inbox(Responses())
    assert len(drain(box.feed, data)[1]) == 1
    assert [each.body for each in box.feed(SIMPLE)] == [b"<ok/>"]


@given(st.integers(0, len(STREAM) - 1), st.integers(1, 255), st.binary(max_size=6))
def test_spoilt_responses_raise_protocol_errors_only(at: int, flip: int, more: bytes) -> None:
    data = bytearray(STREAM)
    data[at] ^= flip
    data[at:at] = more
    responses = Responses()
    box = inbox(responses)
    for piece in (bytes(data[:at]), bytes(data[at:])):
        drain(box.feed, piece)
    responses.hung_up()
    assert [each.body for each in box.feed(SIMPLE)] == [b"<ok/>"]


RFC_7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_example_of_rfc_7616_3_9_1(algorithm: str, response: str) -> None:
    (challenge,) = challenges([RFC_7616.format(algorithm)])
    assert challenge.qop
    told = digest(
        challenge, user="Mufasa", password="Circle of Life", method="GET", uri="/dir/index.html",
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )  # fmt: skip
    assert told == (
        'Digest username="Mufasa", realm="http-auth@example.org", '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", uri="/dir/index.html", '
        f'response="{response}", algorithm={algorithm}, opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", '
        'qop=auth, nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"'
    )


def test_the_example_of_rfc_2617_3_5_and_the_older_way_without_qop() -> None:
    nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093"
    challenge = Challenge("Digest", "testrealm@host.com", nonce, qop=True)
    told = digest(
        challenge, user="Mufasa", password="Circle Of Life", method="GET", uri="/dir/index.html", cnonce="0a4f113b"
    )
    assert 'response="6629fae49393a05397450978507c4ef1"' in told
    older = Challenge("Digest", "testrealm@host.com", nonce)
    told = digest(older, user="Mufasa", password="Circle Of Life", method="GET", uri="/dir/index.html")
    assert 'response="670fd8c2df070c60b045671b8b24ff02"' in told
    assert "qop" not in told


def test_basic_is_as_rfc_7617_writes_it() -> None:
    assert basic("Aladdin", "open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    assert basic("test", "123£") == "Basic dGVzdDoxMjPCow=="


def test_the_strongest_offer_that_we_can_answer_is_taken() -> None:
    header = 'Basic realm="cam", Digest realm="a, \\"b\\"", nonce="n1", algorithm=SHA-256, qop="auth"'
    strong, weak = challenges([header, 'Digest realm="x", nonce="n", qop="auth-int"', 'Bearer realm="x"'])
    assert (strong.algorithm, strong.realm, weak.scheme, weak.realm) == ("SHA-256", 'a, "b"', "Basic", "cam")


def test_a_login_counts_the_uses_of_a_nonce_and_begins_again_with_a_new_one() -> None:
    login = Login("admin", "secret", cnonce=lambda: "c")
    assert login.header("GET", "/") == {}
    assert login.learn(['Digest realm="r", nonce="n1", qop="auth"'])
    assert "nc=00000001" in login.header("GET", "/")["Authorization"]
    assert "nc=00000002" in login.header("GET", "/")["Authorization"]
    assert login.learn(['Digest realm="r", nonce="n2", qop="auth"'])
    assert 'nonce="n2"' in (told := login.header("GET", "/")["Authorization"])
    assert "nc=00000001" in told
    assert login.learn(['Digest realm="r", nonce="n3", qop="auth", stale=true'])


def test_a_refused_password_is_not_tried_again() -> None:
    login = Login("admin", "wrong", cnonce=lambda: "c")
    login.learn(['Digest realm="r", nonce="n1", qop="auth"'])
    login.header("GET", "/")
    assert not login.learn(['Digest realm="r", nonce="n2", qop="auth"'])
    simple = Login("admin", "wrong", cnonce=lambda: "c")
    assert simple.learn(['Basic realm="r"'])
    assert not simple.learn(['Basic realm="r"'])
    assert not Login("", "", cnonce=lambda: "c").learn(['Basic realm="r"'])
    assert not login.learn(["Negotiate"])


def test_a_protocol_error_names_what_came() -> None:
    with pytest.raises(ProtocolError, match="no answer of HTTP; it starts with b'SSH"):
        inbox(Responses()).feed(b"SSH-2.0-dropbear\r\n")
