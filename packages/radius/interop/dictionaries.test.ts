import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { describeWithPeers } from "../../../scripts/peers.ts";
import {
  type AttributeDefinition,
  formatPath,
  isDictionarySyntaxError,
  parseDictionary,
  standardDictionary,
} from "../src/index.ts";

/** Where Debian keeps them. */
const folder = "/usr/share/freeradius";

/** Dictionaries that are refused, and why. */
const refused: Readonly<Record<string, RegExp>> = {
  dictionary: /other files/,
  "dictionary.ascend": /encrypt=3/,
  "dictionary.ascend.illegal": /encrypt=3/,
  "dictionary.lucent": /encrypt=3/,
  "dictionary.telrad": /format/,
  "dictionary.wimax": /format/,
  "dictionary.wimax.alvarion": /format/,
  "dictionary.wimax.wichorus": /format/,
  // Names for values of what are octets.
  "dictionary.cablelabs": /whole numbers/,
  // Attributes that are in no packet of RADIUS.
  "dictionary.compat": /Auth-Type/,
  "dictionary.freedhcp": /FreeDHCP-Opcode/,
  "dictionary.freeradius.internal": /range/,
  "dictionary.vqp": /range/,
  // What they add to is in another file.
  "dictionary.freeradius.evs5": /no vendor FreeRADIUS/,
};

/** Where theirs and ours differ, by the names that RFCs and IANA have for it. */
const differences: readonly string[] = [
  // RFC 8044 has passwords be octets.
  "2 User-Password: text, not octets",
  "69 Tunnel-Password: text, not octets",
  "130 Extended-Location-Policy-Rules: text, not octets",
  "133 Framed-Management: not Framed-Management-Protocol",
  "26.311.8 MS-MPPE-Encryption-Type: not MS-MPPE-Encryption-Types",
  "26.14988.27 Mikrotik-Wireless-VLANIDtype: not Mikrotik-Wireless-VLANID-Type",
];

describeWithPeers("FreeRADIUS's dictionaries", ["radclient"], () => {
  const files = readdirSync(folder).filter((name) => name.startsWith("dictionary"));
  const read = (name: string): readonly AttributeDefinition[] =>
    parseDictionary(readFileSync(join(folder, name), "utf8"));

  test("are read, but for those that ask for what is not there", () => {
    expect(files.length).toBeGreaterThan(150);
    const failed = files.flatMap((name) => {
      try {
        standardDictionary.extend(read(name));
        return [];
      } catch (error) {
        const message = error instanceof Error ? error.message : "";
        return refused[name]?.test(message) && isDictionarySyntaxError(error) ? [] : [`${name}: ${message}`];
      }
    });
    // Numbers that were taken for something else before they had a name.
    expect(failed).toEqual([
      "dictionary.iana: Digest-Response: the name stands for another attribute already",
    ]);
  });

  describe("say of the attributes that both know what ours say", () => {
    const known = files.filter((name) =>
      /\.(rfc\d+|microsoft|cisco|aruba|mikrotik|wispr|juniper|fortinet)$/.test(name),
    );

    test("their place, name, data type, tag and how they are hidden", () => {
      const found = known.flatMap((name) => read(name).flatMap(differencesOf));
      expect(found.toSorted()).toEqual(differences.toSorted());
    });

    test("every attribute of RFC 2865, 2866, 2867, 2868, 2869, 3162 and 5176 is known", () => {
      const missing = known
        .filter((name) => /rfc(286[5-9]|3162|5176)$/.test(name))
        .flatMap((name) => read(name))
        .filter(({ path }) => standardDictionary.byPath(path) === undefined);
      expect(missing.map(({ name }) => name)).toEqual([]);
    });

    test("every value of them has a name", () => {
      const missing = known
        .filter((name) => /rfc(286[5-9]|3162|3580|5176)$/.test(name))
        .flatMap((name) => read(name))
        .flatMap(({ name, path, values = {} }) => {
          const ours = Object.values(standardDictionary.byPath(path)?.values ?? {});
          return Object.values(values).flatMap((value) => (ours.includes(value) ? [] : [`${name} ${value}`]));
        });
      expect(missing).toEqual([]);
    });
  });
});

function differencesOf(theirs: AttributeDefinition): string[] {
  const ours = standardDictionary.byPath(theirs.path);
  // Members of the TLVs of RFC 8045 go by names of their own in each.
  if (ours === undefined || theirs.dataType === "tlv") return [];
  const at = `${formatPath(theirs.path)} ${theirs.name}:`;
  const traits = (one: AttributeDefinition): string =>
    [one.tagged && "tagged", one.encryption, one.concat && "concat"].filter(Boolean).join(" ");
  return [
    ...(ours.name.toLowerCase() === theirs.name.toLowerCase() ? [] : [`${at} not ${ours.name}`]),
    ...(ours.dataType === theirs.dataType ? [] : [`${at} ${theirs.dataType}, not ${ours.dataType}`]),
    ...(traits(ours) === traits(theirs) ? [] : [`${at} ${traits(theirs)}, not ${traits(ours)}`]),
  ];
}
