"""Sends one RADIUS request with pyrad: a JSON object on the input tells it, a JSON object on the output what came back.

`{"kind": "auth" | "acct", "port": …, "secret": …, "timeout": seconds, "attributes": {name: value}}` gives
`{"code": number, "attributes": {name: [value]}}`, or `{"code": null}` when nothing came that pyrad took for genuine.
"""

import json
import sys
from io import StringIO

from pyrad.client import Client, Timeout
from pyrad.dictionary import Dictionary
from pyrad.packet import AccessRequest, AccountingRequest

# pyrad brings no dictionary.
DICTIONARY = Dictionary(
    StringIO(
        """
ATTRIBUTE User-Name 1 string
ATTRIBUTE User-Password 2 octets
ATTRIBUTE NAS-Identifier 32 string
ATTRIBUTE Calling-Station-Id 31 string
ATTRIBUTE Reply-Message 18 string
ATTRIBUTE Session-Timeout 27 integer
ATTRIBUTE Class 25 octets
ATTRIBUTE Acct-Status-Type 40 integer
ATTRIBUTE Acct-Session-Id 44 string
ATTRIBUTE Acct-Input-Octets 42 integer
ATTRIBUTE Tunnel-Type 64 integer
ATTRIBUTE Tunnel-Medium-Type 65 integer
ATTRIBUTE Tunnel-Private-Group-Id 81 string
ATTRIBUTE Message-Authenticator 80 octets
VALUE Acct-Status-Type Start 1
VALUE Acct-Status-Type Stop 2
VALUE Acct-Status-Type Interim-Update 3
"""
    )
)


def main():
    order = json.load(sys.stdin)
    port = order["port"]
    client = Client(
        server="127.0.0.1",
        authport=port,
        acctport=port,
        secret=order["secret"].encode(),
        dict=DICTIONARY,
    )
    client.timeout = order["timeout"]
    client.retries = 1
    if order["kind"] == "auth":
        request = client.CreateAuthPacket(code=AccessRequest)
    else:
        request = client.CreateAcctPacket(code=AccountingRequest)
    for name, value in order["attributes"].items():
        request[name] = request.PwCrypt(value) if name == "User-Password" else value
    try:
        reply = client.SendPacket(request)
    except Timeout:
        json.dump({"code": None, "attributes": {}}, sys.stdout)
        return
    found = {}
    for key in reply.keys():
        values = [v.decode("latin1") if isinstance(v, bytes) else v for v in reply[key]]
        found[str(key)] = values
    json.dump({"code": reply.code, "attributes": found}, sys.stdout)


main()
