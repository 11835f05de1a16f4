"""The other side: a gateway on loopback that notes what it got and answers as told."""

import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Gateway(ThreadingHTTPServer):
    """`got` counts keys, `effects` the messages that had an effect: every one, or with `knows_keys` each key once."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *, knows_keys=False, answer=(200, {"errcode": 0}), delay=0):
        super().__init__(("127.0.0.1", 0), Handler)
        self.knows_keys, self.answer, self.delay = knows_keys, answer, delay
        self.got, self.effects, self.texts, self.paths = Counter(), Counter(), [], []
        self.lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_port}/send?token=invented"
        self.host = f"+127.0.0.1:{self.server_port}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """A caller that was killed is no news here."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key, server = self.headers["Idempotency-Key"], self.server
        with server.lock:
            if not (server.knows_keys and server.got[key]):
                server.effects[key] += 1
            server.got[key] += 1
            text = body["text"]
            server.texts.append(text["content"] if isinstance(text, dict) else f"{body['phone']} {text}")
            server.paths.append(self.path)
        time.sleep(server.delay)
        status, found = server.answer
        data = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        if 300 <= status < 400:
            self.send_header("Location", f"http://127.0.0.1:{server.server_port}/elsewhere")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass
