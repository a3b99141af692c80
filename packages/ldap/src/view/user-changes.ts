import {
  type AttributeValue,
  type EmailAddress,
  type EmployeeFields,
  foldCase,
  type PersonName,
  type PosixAccount,
  type ReadableAttribute,
  type User,
  type UserChanges,
  type UserId,
} from "@directorykit/core";
import { LdapResultCode } from "../codec/index.ts";
import { customValues } from "./custom-values.ts";
import { notWritable } from "./not-writable.ts";
import type { Schema } from "./schema.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";
import { UpdateRefusal } from "./update-refusal.ts";
import type { WorkingAttributes } from "./working-attributes.ts";
import { writtenClasses } from "./written-classes.ts";
import type { WrittenValue } from "./written-value.ts";

/** What changes to a person's entry are translated with. */
export interface UserChangesContext {
  readonly schema: Schema;
  /** The attribute in people's DNs. */
  readonly naming: "uid" | "cn";
  /** Id of the person of a folded username, if the writer sees them. */
  readonly userId: (username: string) => UserId | undefined;
}

/** What is written to: a person, or what a new one starts from. */
export type WrittenUser = Pick<
  User,
  "username" | "emails" | "name" | "employee" | "phones" | "sshKeys" | "posix" | "attributes"
>;

/** Fields of employment by the names of the attributes that show them. */
const employment: ReadonlyMap<string, Exclude<keyof EmployeeFields, "manager">> = new Map([
  ["employeeNumber", "number"],
  ["employeeType", "type"],
  ["title", "title"],
  ["department", "department"],
  ["company", "organization"],
  ["location", "location"],
]);

/** Fields of a Unix account, likewise. */
const account: ReadonlyMap<string, keyof PosixAccount> = new Map([
  ["uidNumber", "uid"],
  ["gidNumber", "gid"],
  ["homeDirectory", "home"],
  ["loginShell", "shell"],
  ["gecos", "gecos"],
]);

/**
 * What changes to a person's entry are to the person: the inverse of how people are shown. What cannot be kept is
 * refused, and nothing is written that was not changed.
 * @throws UpdateRefusal
 */
export function userChanges(
  user: WrittenUser,
  working: WorkingAttributes,
  context: UserChangesContext,
): UserChanges {
  const draft = new UserDraft(user, working, context);
  for (const type of working.changed()) draft.take(type);
  return draft.finish();
}

type Mutable<T> = { -readonly [K in keyof T]?: T[K] | undefined };

class UserDraft {
  readonly #user: WrittenUser;
  readonly #working: WorkingAttributes;
  readonly #context: UserChangesContext;
  readonly #changes: Mutable<UserChanges> = {};
  readonly #name: Mutable<PersonName> = {};
  readonly #employee: Mutable<EmployeeFields> = {};
  readonly #attributes: Record<string, readonly AttributeValue[]> = {};

  constructor(user: WrittenUser, working: WorkingAttributes, context: UserChangesContext) {
    this.#user = user;
    this.#working = working;
    this.#context = context;
  }

  /** Takes over the new values of one type. */
  take(type: AttributeTypeDefinition): void {
    const values = this.#working.values(type);
    const attribute = this.#context.schema.shown("user").get(type);
    if (attribute !== undefined) this.#takeShown(attribute, type, values);
    else this.#takeMade(type, values);
  }

  finish(): UserChanges {
    this.#finishAccount();
    const { name, employee } = this.#user;
    return defined<UserChanges>({
      ...this.#changes,
      ...(isEmpty(this.#name) ? {} : { name: defined<PersonName>({ ...name, ...this.#name }) }),
      ...(isEmpty(this.#employee)
        ? {}
        : { employee: defined<EmployeeFields>({ ...employee, ...this.#employee }) }),
      ...(isEmpty(this.#attributes) ? {} : { attributeChanges: this.#attributes }),
    });
  }

  #takeMade(type: AttributeTypeDefinition, values: readonly WrittenValue[]): void {
    const [label = ""] = type.names;
    switch (label) {
      case "objectClass":
        // With what the classes allow, in the end.
        break;
      case "uid":
        this.#rename(type, values, "uid");
        break;
      case "cn":
        this.#takeCommonName(type, values);
        break;
      case "sn":
        this.#name.family = unlessBlank(one(type, values)?.text ?? missing(type));
        break;
      case "manager": {
        const given = one(type, values);
        const id = given?.node?.type === "user" ? this.#context.userId(given.node.username) : undefined;
        if (given !== undefined && id === undefined) throw violation(type, "names nobody who is there");
        this.#employee.manager = id;
        break;
      }
      default:
        throw notWritable(type);
    }
  }

  #takeShown(
    attribute: ReadableAttribute,
    type: AttributeTypeDefinition,
    values: readonly WrittenValue[],
  ): void {
    const { name } = attribute;
    const field = employment.get(name);
    if (field !== undefined) this.#employee[field] = one(type, values)?.text;
    else if (account.has(name)) one(type, values);
    else
      switch (name) {
        case "displayName":
          this.#takeDisplayName(type, values);
          break;
        case "givenName":
          this.#name.given = one(type, values)?.text;
          break;
        case "email":
          this.#changes.emails = emailAddresses(this.#user.emails, values);
          break;
        case "phone":
          this.#changes.phones = values.map(({ text }) => text);
          break;
        case "sshKey":
          this.#changes.sshKeys = values.map(({ text }) => text);
          break;
        default: {
          const custom = customValues(attribute, type, this.#user, this.#working);
          if (custom === undefined) throw notWritable(type);
          this.#attributes[name] = custom;
        }
      }
  }

  /** cn is the name to show; where it names entries, the username is among its values. */
  #takeCommonName(type: AttributeTypeDefinition, values: readonly WrittenValue[]): void {
    let rest = values;
    if (this.#context.naming === "cn") {
      const folded = foldCase(this.#user.username);
      const isName = (value: WrittenValue): boolean => foldCase(value.text) === folded;
      this.#rename(type, values.filter(isName), "cn");
      rest = values.filter((value) => !isName(value));
      if (rest.length === 0) rest = values;
    }
    this.#name.display = unlessBlank(one(type, rest)?.text ?? missing(type));
  }

  /** displayName shows the same name as cn. */
  #takeDisplayName(type: AttributeTypeDefinition, values: readonly WrittenValue[]): void {
    const given = one(type, values);
    const cn = this.#context.schema.type("cn");
    const isNew = this.#working.isChanged(cn);
    const agrees = this.#working.values(cn).some(({ text }) => text === given?.text);
    if (given === undefined || (isNew && !agrees)) throw violation(type, "is the same as cn here");
    this.#name.display = given.text;
  }

  /** The naming value stays, but for its case (RFC 4511 §4.6): for another there is modify DN. */
  #rename(type: AttributeTypeDefinition, values: readonly WrittenValue[], naming: "uid" | "cn"): void {
    const { username } = this.#user;
    const own = values.find(({ text }) => foldCase(text) === foldCase(username));
    if (own === undefined) {
      throw new UpdateRefusal(
        LdapResultCode.notAllowedOnRDN,
        `${type.names[0]}: names the entry and is changed by modify DN`,
      );
    }
    if (naming === "uid") one(type, values);
    if (own.text !== username) this.#changes.username = own.text;
  }

  /** Object classes come and go with what they allow: a Unix account and SSH keys. */
  #finishAccount(): void {
    const { schema } = this.#context;
    const classes = writtenClasses(this.#working, "user", schema);
    const had = new Set(this.#working.initial(schema.type("objectClass")).map(({ text }) => text));
    const hasAccount = classes.has("posixAccount");
    if (
      classes.has("shadowAccount") !== had.has("shadowAccount") &&
      classes.has("shadowAccount") !== hasAccount
    )
      throw classViolation("shadowAccount goes with posixAccount");
    this.#takeAccount(hasAccount, had.has("posixAccount"));
    if (!had.has("ldapPublicKey") || classes.has("ldapPublicKey")) return;
    if ((this.#changes.sshKeys?.length ?? 0) > 0) throw classViolation("sshPublicKey needs ldapPublicKey");
    this.#changes.sshKeys = [];
  }

  #takeAccount(hasAccount: boolean, hadAccount: boolean): void {
    const { schema } = this.#context;
    const posix: Record<string, string | number> = {};
    let isChanged = false;
    for (const [type, { name }] of schema.shown("user")) {
      const field = account.get(name);
      if (field === undefined) continue;
      const value = this.#working.values(type)[0]?.text;
      const isTouched = this.#working.isChanged(type);
      if (isTouched && value !== undefined && !hasAccount)
        throw classViolation(`${type.names[0]} needs posixAccount`);
      isChanged ||= isTouched;
      if (value === undefined) {
        const isNeeded = field === "uid" || field === "gid" || field === "home";
        if (hasAccount && isNeeded) throw classViolation(`posixAccount needs ${type.names[0]}`);
      } else posix[field] = field === "uid" || field === "gid" ? Number(value) : value;
    }
    if (hasAccount && (isChanged || !hadAccount)) this.#changes.posix = posix as unknown as PosixAccount;
    if (!hasAccount && hadAccount) this.#changes.posix = null;
  }
}

/**
 * Addresses keep what else is known of them. The primary one stays while it is among the values; else the first is.
 */
function emailAddresses(
  before: readonly EmailAddress[],
  values: readonly WrittenValue[],
): readonly EmailAddress[] {
  const kept = values.map(({ text, stored }): EmailAddress => {
    const known = stored === undefined ? undefined : before[stored];
    return known === undefined ? { value: text, primary: false } : { ...known, value: text };
  });
  const [first, ...rest] = kept;
  if (first === undefined || kept.some(({ primary }) => primary)) return kept;
  return [{ ...first, primary: true }, ...rest];
}

/** The one value there is, if there is any. */
function one(type: AttributeTypeDefinition, values: readonly WrittenValue[]): WrittenValue | undefined {
  if (values.length > 1) throw violation(type, "takes one value here");
  return values[0];
}

/** Programs that know no name write blanks where the object class demands one. */
function unlessBlank(text: string): string | undefined {
  return foldCase(text) === "" ? undefined : text;
}

function missing(type: AttributeTypeDefinition): never {
  throw classViolation(`${type.names[0]} is needed`);
}

function violation(type: AttributeTypeDefinition, message: string): UpdateRefusal {
  return new UpdateRefusal(LdapResultCode.constraintViolation, `${type.names[0]}: ${message}`);
}

function classViolation(message: string): UpdateRefusal {
  return new UpdateRefusal(LdapResultCode.objectClassViolation, message);
}

function isEmpty(object: object): boolean {
  return Object.keys(object).length === 0;
}

/** Drops keys whose value is undefined. */
function defined<T extends object>(fields: { readonly [K in keyof T]?: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

/** A new person before their attributes. */
export function blankUser(username: string): WrittenUser {
  return { username, emails: [], name: {}, employee: {}, phones: [], sshKeys: [], attributes: {} };
}
