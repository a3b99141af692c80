import { DirectoryError, type GrantAttributes, type JsonValue } from "@directorykit/core";
import { type AttributeDefinition, formatPath } from "../codec/dictionary/attribute-definition.ts";
import type { AttributeInput } from "../codec/dictionary/attribute-value.ts";
import type { Dictionary } from "../codec/dictionary/dictionary.ts";
import { encodeAttribute } from "../codec/dictionary/encode-attribute.ts";
import { standardDictionary } from "../codec/dictionary/standard-dictionary.ts";
import type { RawAttribute } from "../codec/packet.ts";
import { SharedSecret } from "../codec/shared-secret.ts";

/** What hidden values are hidden with. */
export interface ReplyContext {
  readonly packet: { readonly authenticator: Uint8Array };
  readonly secret: SharedSecret;
}

/** Where attributes lie that only the server itself may write, whatever a dictionary calls them. */
const reserved: ReadonlySet<string> = new Set(
  [
    "User-Password",
    "CHAP-Password",
    "State",
    "Class",
    "Proxy-State",
    "CHAP-Challenge",
    "EAP-Message",
    "Message-Authenticator",
    "MS-MPPE-Send-Key",
    "MS-MPPE-Recv-Key",
  ].map((name) => formatPath((standardDictionary.byName(name) as AttributeDefinition).path)),
);
/** Data types that hold others' attributes: what is in them would be written unseen. */
const containers: ReadonlySet<string> = new Set(["vsa", "evs", "extended", "long-extended"]);

/** Words of grants that stand for attributes of the standards. */
const short: Readonly<Record<string, string>> = {
  filterId: "Filter-Id",
  sessionTimeout: "Session-Timeout",
  idleTimeout: "Idle-Timeout",
  interimInterval: "Acct-Interim-Interval",
};

/** Tunnel-Type VLAN and Tunnel-Medium-Type IEEE-802 (RFC 3580 §3.31). */
const vlan = { type: 13, medium: 6 } as const;

/** In place of what nothing is hidden with. */
const nothing = new Uint8Array(16);
const noSecret = new SharedSecret(nothing);

/** Writes what grants add to an acceptance. */
export class ReplyWriter {
  readonly #dictionary: Dictionary;

  constructor(dictionary: Dictionary) {
    this.#dictionary = dictionary;
  }

  /**
   * The attributes of an acceptance: `vlan` (RFC 3580 §3.31), `filterId`, `sessionTimeout`, `idleTimeout` and
   * `interimInterval` in seconds, and those named in `reply`, such as `{ "Cisco-AVPair": ["shell:priv-lvl=15"] }`. Other words are
   * not for RADIUS.
   *
   * @param context - absent for a request of ours, in which nothing can be hidden
   * @throws DirectoryError `misconfigured` that names the attribute: one that is not in the dictionary, that only the
   * server may write, that cannot be hidden, or whose value is not of its type
   */
  write(attributes: GrantAttributes, context?: ReplyContext): readonly RawAttribute[] {
    const written: RawAttribute[] = [];
    const put = (name: string, value: JsonValue): void => {
      for (const one of this.#write(name, value, context)) written.push(one);
    };
    const { vlan: id, reply = {} } = attributes;
    if (id !== undefined) {
      put("Tunnel-Type", vlan.type);
      put("Tunnel-Medium-Type", vlan.medium);
      // As text, also where it is a number: that is what switches read.
      put("Tunnel-Private-Group-ID", vlanId(id));
    }
    for (const [word, name] of Object.entries(short)) {
      const value = attributes[word];
      if (value !== undefined) put(name, value);
    }
    if (typeof reply !== "object" || reply === null || Array.isArray(reply))
      throw new DirectoryError("misconfigured", "the reply of a grant must be an object of attributes");
    for (const [name, value] of Object.entries(reply)) put(name, value as JsonValue);
    return written;
  }

  #write(name: string, value: JsonValue, context: ReplyContext | undefined): readonly RawAttribute[] {
    const definition = this.#dictionary.byName(name);
    const isHidden = definition?.encryption !== undefined;
    if (definition === undefined || !mayBeSet(definition) || (context === undefined && isHidden))
      throw new DirectoryError(
        "misconfigured",
        `a grant cannot set the RADIUS attribute ${name.slice(0, 64)}`,
      );
    const values = Array.isArray(value) ? value : [value];
    return values.flatMap((one) =>
      this.#encode(definition, one as AttributeInput, {
        requestAuthenticator: context?.packet.authenticator ?? nothing,
        secret: context?.secret ?? noSecret,
      }),
    );
  }

  #encode(
    definition: AttributeDefinition,
    value: AttributeInput,
    context: Parameters<typeof encodeAttribute>[2],
  ): readonly RawAttribute[] {
    try {
      return encodeAttribute(definition, value, context);
    } catch (cause) {
      throw new DirectoryError(
        "misconfigured",
        `a grant sets ${definition.name} to a value that it cannot have`,
        { cause },
      );
    }
  }
}

/** Numbers of VLANs by IEEE 802.1Q; names as access servers have them. */
function vlanId(value: JsonValue): string {
  const isNumber = typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 4094;
  const isName = typeof value === "string" && value !== "" && Buffer.byteLength(value) <= 250;
  if (!isNumber && !isName)
    throw new DirectoryError("misconfigured", "a grant sets vlan to something else than 1 to 4094 or a name");
  return String(value);
}

function mayBeSet({ path, dataType }: AttributeDefinition): boolean {
  return !reserved.has(formatPath(path)) && !containers.has(dataType);
}
