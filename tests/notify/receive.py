"""A receiver of notifications for tests: `receive.py KIND FOLDER`.

Listens on a free port of the loopback, writes `{"port": ...}` to standard output, and each request with its answer as a
line of JSON to FOLDER/records.jsonl before it answers. What comes is looked at by the official client, SDK or schema of
the kind; what that says is in `fault` (null: nothing is wrong). A file in FOLDER/answers, taken in order of their names,
is the answer to the next request in place of the usual one. Ends when standard input does.
"""

import email
import email.policy
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FOLDER = Path(sys.argv[2])
LOCK = threading.Lock()


def record(entry):
    with LOCK, open(FOLDER / "records.jsonl", "a", encoding="utf-8") as records:
        records.write(json.dumps(entry) + "\n")


def scripted():
    """The answer that the test wants next, if it wants one."""
    with LOCK:
        for path in sorted((FOLDER / "answers").glob("*.json")):
            answer = json.loads(path.read_text())
            path.unlink()
            return answer
    return None


def fault_of(look, *arguments):
    try:
        look(*arguments)
    except Exception as error:  # Whatever it is, the test shows it.
        return f"{type(error).__name__}: {error}"
    return None


def same(what, ours, theirs):
    if ours != theirs:
        raise AssertionError(f"{what} differs:\n{json.dumps(ours, sort_keys=True)}\n{json.dumps(theirs, sort_keys=True)}")


class Replay:
    """A place where an official client sends what it makes of our body, so that both can be compared."""

    def __init__(self, answer):
        replay = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers.get("content-length", 0))
                replay.body = json.loads(self.rfile.read(length))
                text = json.dumps(answer[1]).encode()
                self.send_response(answer[0])
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


class Slack:
    """The methods that a bot calls, and an incoming webhook under /services."""

    def __init__(self):
        from slack_sdk import WebClient

        self.replay = Replay((200, {"ok": True}))
        self.client = WebClient(token="xoxb-test", base_url=self.replay.url + "/")
        self.posted = {}

    def look(self, method, path, headers, body):
        from slack_sdk.models.blocks import Block

        message = json.loads(body)
        blocks = message.get("blocks")
        if blocks is not None:
            if len(blocks) > 50:
                raise AssertionError(f"{len(blocks)} blocks")
            for block in blocks:
                parsed = Block.parse(block)
                parsed.validate_json()
                same("a block", block, parsed.to_dict())
        if path.endswith("/chat.postMessage"):
            self.client.chat_postMessage(**message)
            same("the request", message, self.replay.body)
        elif path.endswith("/chat.update"):
            self.client.chat_update(**message)
            # The client sends the same blocks as text in a form, or as they are.
            same("the request", message, self.replay.body)

    def answer(self, method, path, headers, body):
        message = json.loads(body)
        if path.startswith("/services/"):
            return 200, {"content-type": "text/html"}, "ok"
        if headers.get("authorization") != "Bearer xoxb-test":
            return self.reply({"ok": False, "error": "invalid_auth"})
        if path.endswith("/chat.update"):
            if message.get("ts") not in self.posted:
                return self.reply({"ok": False, "error": "message_not_found"})
            self.posted[message["ts"]] = message
            return self.reply({"ok": True, "channel": message["channel"], "ts": message["ts"], "text": message["text"]})
        if message.get("thread_ts", "") and message["thread_ts"] not in self.posted:
            return self.reply({"ok": False, "error": "thread_not_found"})
        ts = f"1503435956.{len(self.posted) + 1:06}"
        self.posted[ts] = message
        return self.reply({"ok": True, "channel": "C024BE91L", "ts": ts, "message": {"type": "message", "ts": ts}})

    @staticmethod
    def reply(document):
        return 200, {"content-type": "application/json; charset=utf-8"}, json.dumps(document)


class PagerDuty:
    def __init__(self):
        import httpx2
        import pagerduty

        def answer(request):
            self.body = json.loads(request.content)
            return httpx2.Response(202, json={"status": "success", "message": "Event processed", "dedup_key": "k"})

        self.client = pagerduty.EventsApiV2Client("R0UT1NGKEY", transport=httpx2.MockTransport(answer))

    def look(self, method, path, headers, body):
        event = json.loads(body)
        rest = {name: value for name, value in event.items() if name not in ("routing_key", "event_action", "dedup_key")}
        if path == "/v2/change/enqueue":
            self.client.send_change_event(**rest)
        else:
            self.client.send_event(event["event_action"], dedup_key=event["dedup_key"], **rest)
        same("the event", event, self.body)
        # What the reference of the Events API says beside that.
        payload = event["payload"]
        assert len(payload["summary"]) <= 1024 and len(event.get("dedup_key", "")) <= 255 and len(body) <= 512 * 1024
        assert payload.get("severity", "info") in ("critical", "error", "warning", "info"), payload["severity"]
        assert all(set(link) <= {"href", "text"} for link in event["links"])

    def answer(self, method, path, headers, body):
        event = json.loads(body)
        if event.get("routing_key") != "R0UT1NGKEY":
            document = {"status": "invalid event", "message": "Event object is invalid", "errors": ["invalid routing key"]}
            return 400, {"content-type": "application/json"}, json.dumps(document)
        document = {"status": "success", "message": "Event processed"}
        if "dedup_key" in event:
            document["dedup_key"] = event["dedup_key"]
        return 202, {"content-type": "application/json"}, json.dumps(document)


class Webhook:
    SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    def look(self, method, path, headers, body):
        from cloudevents.core.bindings.http import HTTPMessage, from_http_event
        from standardwebhooks.webhooks import Webhook as Standard

        Standard(self.SECRET).verify(body, headers)
        event = from_http_event(HTTPMessage(headers=headers, body=body.encode()))
        assert event.get_specversion() == "1.0" and event.get_id() == headers["webhook-id"]
        data = event.get_data()
        known = {"version", "groupKey", "status", "receiver", "groupLabels", "commonLabels", "commonAnnotations",
                 "externalURL", "alerts", "truncatedAlerts"}
        assert set(data) == known | {"assay"}, set(data)

    def answer(self, method, path, headers, body):
        return 204, {}, ""


class GitHub:
    """Issues of one repository, as GitHub's REST API has them."""

    def __init__(self):
        self.issues = []
        self.comments = []

    def look(self, method, path, headers, body):
        from githubkit_schemas.v2026_03_10 import models

        if method == "GET":
            return
        names = {
            ("POST", 4): "ReposOwnerRepoIssuesPostBody",
            ("POST", 6): "ReposOwnerRepoIssuesIssueNumberCommentsPostBody",
            ("PATCH", 5): "ReposOwnerRepoIssuesIssueNumberPatchBody",
        }
        model = getattr(models, names[method, len(path.strip("/").split("/"))])
        document = json.loads(body)
        model.model_validate(document, strict=True)
        assert set(document) <= set(model.model_fields), set(document) - set(model.model_fields)
        assert len(document.get("body", "")) <= 65536 and len(document.get("title", "")) <= 256

    def answer(self, method, path, headers, body):
        url = urllib.parse.urlsplit(path)
        query = dict(urllib.parse.parse_qsl(url.query))
        parts = url.path.strip("/").split("/")
        if headers.get("authorization") != "Bearer ghp_test":
            return self.reply(401, {"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest", "status": "401"})
        if parts[:4] != ["repos", "example", "data", "issues"]:
            return self.reply(404, {"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"})
        if len(parts) == 4 and method == "GET":
            wanted = query.get("labels")
            found = [issue for issue in reversed(self.issues) if issue["state"] == query.get("state", "open")]
            found = [issue for issue in found if not wanted or wanted in [label["name"] for label in issue["labels"]]]
            size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
            return self.reply(200, found[(page - 1) * size:page * size])
        document = json.loads(body) if body else {}
        if len(parts) == 4:
            labels = [{"name": name} for name in document.get("labels", [])]
            issue = {"number": len(self.issues) + 1, "state": "open", "title": document["title"], "body": document["body"], "labels": labels}
            self.issues.append(issue)
            return self.reply(201, issue)
        number = int(parts[4])
        if number > len(self.issues):
            return self.reply(404, {"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"})
        if len(parts) == 6 and method == "GET":
            return self.reply(200, [comment for comment in self.comments if comment["issue"] == number])
        if len(parts) == 6:
            comment = {"id": len(self.comments) + 1, "issue": number, "body": document["body"]}
            self.comments.append(comment)
            return self.reply(201, comment)
        self.issues[number - 1].update(document)
        return self.reply(200, self.issues[number - 1])

    @staticmethod
    def reply(status, document):
        return status, {"content-type": "application/json; charset=utf-8"}, json.dumps(document)


class Notified:
    """What Alertmanager tells, as it should arrive from it."""

    def look(self, method, path, headers, body):
        json.loads(body)

    def answer(self, method, path, headers, body):
        return 200, {}, ""


class Forward:
    """What is in front of Alertmanager and writes down what passes."""

    def __init__(self, port):
        self.port = port

    def look(self, method, path, headers, body):
        if body:
            json.loads(body)

    def answer(self, method, path, headers, body):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body.encode() or None, method=method)
        request.add_header("content-type", headers.get("content-type", "application/json"))
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, {"content-type": answer.headers.get("content-type", "text/plain")}, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, {"content-type": "text/plain"}, error.read().decode()


def serve(kind):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self):
            length = int(self.headers.get("content-length", 0))
            body = self.rfile.read(length).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = scripted()
            if answer is None:
                fault = fault_of(kind.look, self.command, self.path, headers, body)
                status, more, text = kind.answer(self.command, self.path, headers, body)
            else:
                fault, status, more, text = None, answer["status"], answer.get("headers", {}), answer.get("body", "")
                time.sleep(answer.get("delay", 0))
            record({"method": self.command, "path": self.path, "headers": headers, "body": body, "fault": fault,
                    "answer": {"status": status, "headers": more, "body": text}})
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("content-length", str(len(text.encode())))
            self.end_headers()
            if status != 204:
                self.wfile.write(text.encode())

        do_GET = do_POST = do_PATCH = handle_one

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def alertmanager():
    """Debian's Alertmanager, with us before it and behind it."""
    ours = serve(Notified())
    config = FOLDER / "alertmanager.yml"
    config.write_text(json.dumps({
        "route": {"receiver": "us", "group_by": ["owner"], "group_wait": "100ms", "group_interval": "300ms"},
        "receivers": [{"name": "us", "webhook_configs": [{"url": f"http://127.0.0.1:{ours}/", "send_resolved": True}]}],
    }))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = open(FOLDER / "alertmanager.log", "w")
    child = subprocess.Popen(
        ["prometheus-alertmanager", f"--config.file={config}", f"--storage.path={FOLDER / 'data'}",
         f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="],
        stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=1).read()
            return serve(Forward(port)), child
        except OSError:
            if child.poll() is not None:
                break
            time.sleep(0.05)
    child.kill()
    sys.exit("prometheus-alertmanager does not start: " + (FOLDER / "alertmanager.log").read_text())


def smtp():
    """A mail server that knows STARTTLS and one password."""
    import logging
    import trustme
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult

    # Tests make it fail, and it tells of that at length.
    logging.disable(logging.CRITICAL)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(FOLDER / "authority.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)

    class Handler:
        async def handle_DATA(self, server, session, envelope):
            raw = envelope.original_content
            answer = scripted()
            status = answer["answer"] if answer else "250 Message accepted for delivery"
            mail = email.message_from_bytes(raw, policy=email.policy.default)
            parts = {part.get_content_type(): part.get_content() for part in mail.walk() if not part.is_multipart()}
            defects = [str(defect) for part in mail.walk() for defect in part.defects]
            record({"from": envelope.mail_from, "to": envelope.rcpt_tos, "headers": [[k, str(v)] for k, v in mail.items()],
                    "parts": parts, "fault": "; ".join(defects) or None, "raw": raw.decode("ascii"),
                    "tls": session.ssl is not None, "user": session.auth_data, "status": status})
            return status

        async def handle_RCPT(self, server, session, envelope, address, options):
            if address.startswith("nobody@"):
                return "550 5.1.1 no such mailbox"
            envelope.rcpt_tos.append(address)
            return "250 OK"

    def authenticate(server, session, envelope, mechanism, data):
        good = data.login == b"assay" and data.password == b"mail-secret"
        return AuthResult(success=good, handled=False, auth_data=data.login.decode() if good else None)

    controller = Controller(Handler(), hostname="127.0.0.1", port=0, tls_context=context, authenticator=authenticate,
                            auth_require_tls=True, ready_timeout=10)
    def port():
        return controller.server.sockets[0].getsockname()[1]

    # It looks whether it is there by asking its port, which it does not know when any will do.
    controller._trigger_server = lambda: socket.create_connection(("127.0.0.1", port())).recv(1)
    controller.start()
    return port()


def main():
    (FOLDER / "answers").mkdir(parents=True, exist_ok=True)
    kinds = {"slack": Slack, "pagerduty": PagerDuty, "webhook": Webhook, "github": GitHub}
    child = None
    if sys.argv[1] == "alertmanager":
        port, child = alertmanager()
    elif sys.argv[1] == "smtp":
        port = smtp()
    else:
        port = serve(kinds[sys.argv[1]]())
    print(json.dumps({"port": port}), flush=True)
    sys.stdin.buffer.read()
    if child is not None:
        child.kill()
        child.wait()
    os._exit(0)


if __name__ == "__main__":
    main()
