/** XML that is complete in itself. */
export interface Markup {
  /** It, indented by nothing. */
  readonly markup: string;
}

/**
 * An element.
 * @param content - text, which is escaped, or elements
 * @param attributes - escaped too
 */
export function element(
  name: string,
  content: string | readonly Markup[] = [],
  attributes: Readonly<Record<string, string>> = {},
): Markup {
  const named = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
  const start = `<${name}${named.join("")}`;
  if (content.length === 0) return { markup: `${start}/>` };
  const inside =
    typeof content === "string"
      ? escaped(content)
      : `\n${content.map(({ markup }) => markup.replace(/^/gm, "  ")).join("\n")}\n`;
  return { markup: `${start}>${inside}</${name}>` };
}

/** A document. @param doctype - a line between the declaration and the root */
export function xmlDocument(root: Markup, doctype?: string): string {
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>', ...(doctype === undefined ? [] : [doctype])];
  return `${[...lines, root.markup].join("\n")}\n`;
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
