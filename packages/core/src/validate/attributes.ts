import type { AttributeRegistry } from "../attributes/attribute-registry.ts";
import { builtInAttributes } from "../attributes/built-in-attributes.ts";
import type { AttributeOwner } from "../model/attribute-definition.ts";
import { isId } from "../model/ids.ts";
import type { AttributeValue, CustomAttributes } from "../model/record.ts";
import { parseTime } from "../text/normalize.ts";
import { checkInteger, checkObject, checkText, invalid, maxValueLength, maxValues } from "./validate.ts";

const builtIn = new Set(builtInAttributes.map((one) => `${one.owner} ${one.name}`));

/** Custom attributes against the registry: known, of the right syntax, single where they must be. */
export function checkCustomAttributes(
  path: string,
  value: unknown,
  owner: AttributeOwner,
  registry: AttributeRegistry,
): CustomAttributes {
  const given = checkObject(path, value);
  const checked: Record<string, readonly AttributeValue[]> = {};
  for (const [name, raw] of Object.entries(given)) {
    const at = `${path}.${name.slice(0, 64)}`;
    const definition = registry.get(owner, name);
    if (definition === undefined || builtIn.has(`${owner} ${name}`))
      throw invalid(at, "is not a defined attribute");
    const values = Array.isArray(raw) ? raw : [raw];
    if (values.length > maxValues) throw invalid(at, `holds more than ${maxValues} values`);
    if (!definition.multiValued && values.length > 1) throw invalid(at, "takes a single value");
    if (values.length === 0) continue;
    Object.defineProperty(checked, name, {
      value: values.map((one, i) =>
        checkValue(values.length === 1 ? at : `${at}[${i}]`, one, definition.syntax),
      ),
      enumerable: true,
    });
  }
  return checked;
}

function checkValue(path: string, value: unknown, syntax: string): AttributeValue {
  switch (syntax) {
    case "integer":
      return checkInteger(path, value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    case "boolean":
      if (typeof value !== "boolean") throw invalid(path, "must be true or false");
      return value;
    case "time": {
      if (typeof value === "number")
        return checkInteger(path, value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
      const time = typeof value === "string" ? parseTime(value) : undefined;
      if (time === undefined) throw invalid(path, "is not a time");
      return time;
    }
    case "binary":
      if (typeof value !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(value))
        throw invalid(path, "must be base64");
      if (value.length > maxValueLength) throw invalid(path, `is longer than ${maxValueLength} characters`);
      return value;
    case "reference":
      if (typeof value !== "string" || !isId(value)) throw invalid(path, "must be the id of a record");
      return value;
    default:
      return checkText(path, value);
  }
}
