"""What ldap3 sees of a server: runs one scenario, given as JSON on standard input, and prints JSON."""

import json
import select
import ssl
import sys
import time

import ldap3
from ldap3.core.exceptions import LDAPException
from ldap3.utils.conv import escape_filter_chars
from pyasn1.codec.ber import encoder
from pyasn1.type.univ import OctetString, Sequence

given = json.load(sys.stdin)
base, users, groups = given["base"], given["users"], given["groups"]


def server(name="ldap", get_info=ldap3.ALL):
    tls = ldap3.Tls(ca_certs_file=given["ca"], validate=ssl.CERT_REQUIRED, version=ssl.PROTOCOL_TLS_CLIENT)
    return ldap3.Server("127.0.0.1", port=given[name], use_ssl=name == "ldaps", get_info=get_info, tls=tls)


def connect(username="grace", over="ldap", password=None, **options):
    options.setdefault("auto_bind", ldap3.AUTO_BIND_TLS_BEFORE_BIND if over == "ldap" else ldap3.AUTO_BIND_NO_TLS)
    options.setdefault("check_names", True)
    return ldap3.Connection(
        server(over),
        user=f"uid={username},{users}",
        password=given["passwords"][username] if password is None else password,
        **options,
    )


def dns(connection):
    return [entry["dn"] for entry in connection.response if entry["type"] == "searchResEntry"]


def info():
    connection = connect()
    of, schema = connection.server.info, connection.server.schema
    connection.search(users, "(uid=ada)", attributes=[ldap3.ALL_ATTRIBUTES, ldap3.ALL_OPERATIONAL_ATTRIBUTES])
    shown = list(connection.response[0]["attributes"])
    return {
        "namingContexts": of.naming_contexts,
        "versions": of.supported_ldap_versions,
        "extensions": [extension[0] for extension in of.supported_extensions],
        "vendor": of.vendor_name,
        "schemaEntry": of.schema_entry,
        "undescribed": [name for name in shown if name not in schema.attribute_types],
        "unknownClasses": [name for name in connection.response[0]["attributes"]["objectClass"] if name not in schema.object_classes],
        "unknownInClasses": sorted(
            {
                name
                for one in schema.object_classes.values()
                for name in (one.must_contain or []) + (one.may_contain or [])
                if name not in schema.attribute_types
            }
        ),
        "unknownRules": sorted(
            {
                rule
                for one in schema.attribute_types.values()
                for rule in (one.equality or []) + (one.ordering or []) + (one.substring or [])
                if rule not in schema.matching_rules
            }
        ),
        "singleValued": [name for name in ("uidNumber", "entryUUID", "mail", "memberOf") if schema.attribute_types[name].single_value],
    }


def typed():
    connection = connect()
    connection.search(users, "(uid=ada)", attributes=["uidNumber", "createTimestamp", "entryUUID", "mail", "hasSubordinates", "sshPublicKey"])
    attributes = connection.response[0]["attributes"]
    return {
        "uidNumber": attributes["uidNumber"],
        "year": attributes["createTimestamp"].year,
        "entryUUID": str(attributes["entryUUID"]),
        "mail": attributes["mail"],
        "hasSubordinates": attributes["hasSubordinates"],
        "sshPublicKey": [value if isinstance(value, str) else value.decode() for value in attributes["sshPublicKey"]],
    }


def scopes():
    connection = connect(auto_range=True)
    found = {}
    for name, scope in (("base", ldap3.BASE), ("level", ldap3.LEVEL), ("subtree", ldap3.SUBTREE)):
        connection.search(base, "(objectClass=*)", scope, attributes=[ldap3.NO_ATTRIBUTES])
        found[name] = {"result": connection.result["description"], "count": len(dns(connection))}
    connection.search(groups, "(cn=staff)", ldap3.LEVEL, attributes=["member"])
    found["members"] = sorted(connection.response[0]["attributes"]["member"])
    return found


def names_checked():
    connection = connect(auto_encode=True)
    outcome = {}
    for filter_, attributes in (("(noSuchAttribute=x)", ["uid"]), ("(uid=ada)", ["noSuchAttribute"]), ("(objectClass=noSuchClass)", ["uid"])):
        try:
            connection.search(users, filter_, attributes=attributes)
            outcome[filter_ + attributes[0]] = len(connection.response)
        except LDAPException as error:
            outcome[filter_ + attributes[0]] = type(error).__name__
    return outcome


def unicode():
    connection = connect("zofie")
    connection.search(users, f"(cn={escape_filter_chars(given['name'])})", attributes=["cn", "sn"])
    found = dns(connection)
    shown = connection.response[0]["attributes"]["cn"]
    connection.search(groups, f"(cn={escape_filter_chars(given['group'])})", attributes=["cn"])
    [group] = dns(connection)
    connection.search(group, "(objectClass=*)", ldap3.BASE, attributes=["cn"])
    again = dns(connection)
    return {
        "found": found,
        "shown": shown,
        "whoami": connection.extend.standard.who_am_i(),
        "group": group,
        "again": again,
    }


def compare():
    connection = connect()
    staff = f"cn=staff,{groups}"
    return {
        "member": connection.compare(staff, "member", f"uid=ada,{users}"),
        "stranger": connection.compare(staff, "member", f"uid=mallory,{users}"),
        "missing": [connection.compare(f"cn=Nobody Yet,{groups}", "member", f"uid=ada,{users}"), connection.result["description"]],
        "nobody": [connection.compare(f"uid=nobody,{users}", "uid", "nobody"), connection.result["description"]],
    }


def refused():
    outcome = {}
    for username in ("mallory", "sam", "noel"):
        connection = connect(username, auto_bind=ldap3.AUTO_BIND_NONE)
        connection.start_tls()
        outcome[username] = [connection.bind(), connection.result["description"]]
    connection = connect("ada", auto_bind=ldap3.AUTO_BIND_NONE)
    connection.open()
    outcome["clear"] = [connection.bind(), connection.result["description"]]
    connection.start_tls()
    connection.password = "not the password"
    outcome["wrong"] = [connection.bind(), connection.result["description"]]
    connection.search(base, "(objectClass=*)")
    outcome["search after"] = connection.result["description"]
    connection.password = given["passwords"]["ada"]
    outcome["again"] = [connection.bind(), connection.result["description"], connection.extend.standard.who_am_i()]
    return outcome


def rebind():
    connection = connect("ada")
    first = connection.extend.standard.who_am_i()
    connection.rebind(user=f"uid=lee,{users}", password=given["passwords"]["lee"])
    return [first, connection.extend.standard.who_am_i()]


def pool():
    connection = connect("grace", client_strategy=ldap3.REUSABLE, pool_size=4, pool_name="interop")
    pending = [connection.search(users, "(uid=%s)" % name, attributes=["cn"]) for name in ("ada", "grace", "lee", "quentin") * 10]
    found = [connection.get_response(one)[0][0]["dn"] for one in pending]
    connection.unbind()
    return {"answers": len(found), "distinct": sorted(set(found)), "first": found[:4]}


def threads():
    connection = connect("grace", client_strategy=ldap3.SAFE_SYNC)
    status, result, response, _ = connection.search(users, "(uid=ada)", attributes=["cn"])
    return {"status": status, "result": result["description"], "found": [entry["dn"] for entry in response]}


def asynchronous():
    connection = connect("grace", client_strategy=ldap3.ASYNC)
    pending = [connection.search(users, f"(uid={name})", attributes=["cn"]) for name in ("ada", "grace", "lee", "nobody")]
    answers = [connection.get_response(one) for one in pending]
    connection.unbind()
    return [[len(response), result["description"]] for response, result in answers]


def generator():
    connection = connect()
    entries = connection.extend.standard.paged_search(
        base, "(objectClass=*)", attributes=["cn"], paged_size=3, paged_criticality=True, generator=True
    )
    return sorted(entry["dn"] for entry in entries)


def paged():
    """Pages asked for by hand, with an order, which ldap3 has no words of its own for."""
    connection = connect()
    keys = Sequence().setComponentByPosition(0, OctetString("uid"))
    order = Sequence().setComponentByPosition(0, keys)
    sort = ("1.2.840.113556.1.4.473", True, encoder.encode(order))
    pages, results, cookie = [], [], None
    while True:
        connection.search(
            users, "(uid=*)", attributes=["uid"], controls=[sort], paged_size=4, paged_criticality=True, paged_cookie=cookie
        )
        pages.append([entry["attributes"]["uid"][0] for entry in connection.response])
        controls = connection.result["controls"]
        results.append(controls["1.2.840.113556.1.4.474"]["value"].hex())
        cookie = controls["1.2.840.113556.1.4.319"]["value"]["cookie"]
        if not cookie:
            break
    connection.search(users, "(cn=*)", attributes=["uid"], paged_size=4, paged_cookie=b"made up")
    return {"pages": pages, "results": results, "made up": connection.result["description"]}


def limits():
    connection = connect()
    connection.search(base, "(objectClass=*)", size_limit=3)
    size = [len(dns(connection)), connection.result["description"]]
    connection.search(base, "(objectClass=*)", time_limit=5)
    return {"size": size, "time": connection.result["description"]}


def ldaps():
    connection = connect("ada", over="ldaps")
    return [connection.extend.standard.who_am_i(), connection.tls_started or connection.server.ssl]


def abstraction():
    connection = connect()
    person = ldap3.ObjectDef(["inetOrgPerson", "posixAccount"], connection)
    reader = ldap3.Reader(connection, person, users, "uidNumber: >10002")
    reader.search()
    return sorted([entry.entry_dn, entry.uidNumber.value, entry.homeDirectory.value] for entry in reader)


def writes():
    """Adds, changes, renames and deletes as an administrator, by the operations and by objects."""
    connection = connect("admin", password=given["admin"])
    dn, group = f"uid=kay,{users}", f"cn=computers,{groups}"
    outcome = {}

    def did(name, done):
        outcome[name] = [done, connection.result["description"]]

    person = {"cn": "Kay McNulty", "sn": "McNulty", "mail": ["kay@example.com", "kathleen@example.com"]}
    did("add", connection.add(dn, ["inetOrgPerson", "posixAccount"], {**person, "uidNumber": 10300, "gidNumber": 20001, "homeDirectory": "/home/kay"}))
    did("again", connection.add(dn, "inetOrgPerson", person))
    did("group", connection.add(group, "groupOfNames", {"member": [dn, f"uid=ada,{users}"]}))
    changes = {
        "mail": [(ldap3.MODIFY_DELETE, ["KATHLEEN@example.com"]), (ldap3.MODIFY_ADD, ["mauchly@example.com"])],
        "title": [(ldap3.MODIFY_REPLACE, ["Programmer"])],
        "uidNumber": [(ldap3.MODIFY_INCREMENT, [5])],
    }
    did("modify", connection.modify(dn, changes))
    did("missing", connection.modify(dn, {"o": [(ldap3.MODIFY_DELETE, [])]}))
    did("member", connection.modify(group, {"member": [(ldap3.MODIFY_DELETE, [f"uid=ada,{users}"])]}))
    connection.search(dn, "(objectClass=*)", attributes=["mail", "title", "uidNumber", "memberOf"])
    outcome["shown"] = {name: connection.response[0]["attributes"][name] for name in ("mail", "title", "uidNumber", "memberOf")}
    did("rename", connection.modify_dn(dn, "uid=kathleen", delete_old_dn=True))
    did("move", connection.modify_dn(f"uid=kathleen,{users}", "uid=kay", new_superior=users))
    writer = ldap3.Writer.from_cursor(read_one(connection, "uid: kay"))
    writer[0].telephoneNumber += "+1 215 555 0100"
    writer[0].sn = "Mauchly"
    outcome["writer"] = writer.commit()
    connection.search(dn, "(objectClass=*)", attributes=["sn", "telephoneNumber"])
    outcome["written"] = dict(connection.response[0]["attributes"])
    outcome["generated"] = connection.extend.standard.modify_password(dn)
    first, second = "differential analyzers of steel", "subroutines are our invention"
    outcome["set"] = connection.extend.standard.modify_password(dn, None, first)
    connection.modify("cn=staff," + groups, {"member": [(ldap3.MODIFY_ADD, [dn])]})
    own = connect("kay", password=first)
    outcome["own"] = [own.extend.standard.modify_password(dn, first, second), own.extend.standard.who_am_i()]
    outcome["short"] = [own.extend.standard.modify_password(dn, second, "short"), own.result["description"]]
    outcome["stranger"] = [own.extend.standard.modify_password(f"uid=ada,{users}", None, second), own.result["description"]]
    outcome["login"] = connect("kay", password=second).extend.standard.who_am_i()
    did("delete", connection.delete(group) and connection.delete(dn))
    did("gone", connection.delete(dn))
    return outcome


def read_one(connection, query):
    reader = ldap3.Reader(connection, ldap3.ObjectDef(["inetOrgPerson"], connection), users, query)
    reader.search()
    return reader


def revoked():
    """Says that it is bound, waits for the server to speak first, and tells what it makes of it."""
    connection = connect("ada", raise_exceptions=True)
    print("bound", flush=True)
    outcome = {"spoke": bool(select.select([connection.socket], [], [], 20)[0])}
    outcome["at"] = time.time()
    try:
        connection.extend.standard.who_am_i()
        outcome["error"] = None
    except LDAPException as error:
        outcome["error"] = type(error).__name__
    again = connect("ada", auto_bind=ldap3.AUTO_BIND_NONE)
    again.start_tls()
    outcome["again"] = [again.bind(), again.result["description"]]
    return outcome


print(json.dumps(globals()[given["scenario"]](), ensure_ascii=False))
