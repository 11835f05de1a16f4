"""The front of deploy/ in a folder of its own."""

import datetime
import shutil
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


def certificate(folder):
    """A certificate that nobody vouches for, as `fullchain.pem` and `key.pem`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "fullchain.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    words = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(words)


def configured(folder, *, ports=(80, 443), portal=8000, is_plain=False):
    """The configuration of the front as it is given, in a folder of its own: only places, ports and names differ."""
    certificate(folder / "tls")
    shutil.copy(DEPLOY / "nginx-proxy.conf", folder)
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    text = text.replace("/etc/portal", str(folder)).replace("/var/log/nginx", str(folder))
    text = text.replace("/var/lib/portal", str(folder)).replace("dj.example.cn", "localhost")
    text = text.replace("listen [::]:80;", "").replace("listen [::]:443 ssl http2;", "")
    text = text.replace("listen 80;", f"listen 127.0.0.1:{ports[0]};")
    text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{ports[1]} ssl").replace(
        "127.0.0.1:8000", f"127.0.0.1:{portal}"
    )
    if is_plain:
        text = text.replace(" ssl http2;", ";")
    (folder / "site.conf").write_text(text, "utf-8")
    types = next((line for line in ("/etc/nginx/mime.types",) if Path(line).exists()), None)
    (folder / "main.conf").write_text(
        f"user root;\nerror_log {folder}/error.log;\npid {folder}/nginx.pid;\nevents {{ worker_connections 4096; }}\nhttp {{\n"
        + (f"include {types};\n" if types else "")
        + f"client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;\nfastcgi_temp_path {folder}/f; "
        f"uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\ninclude {folder}/site.conf;\n}}\n"
    )
    return folder / "main.conf"
