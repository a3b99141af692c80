import { expect, test } from "vitest";
import { codeBlocks } from "./code-blocks.ts";

test("finds blocks with their language, line and mark", () => {
  const markdown =
    "# T\n\n```ts\na();\n\nb();\n```\n\n<!-- not run -->\n\n```js\nc();\n```\n<!-- fragment -->\n````text\n```\n````\n";
  expect(codeBlocks(markdown)).toEqual([
    { language: "ts", line: 3, code: "a();\n\nb();\n", mark: undefined },
    { language: "js", line: 11, code: "c();\n", mark: "not run" },
    { language: "text", line: 15, code: "```\n", mark: "fragment" },
  ]);
});

test("refuses a block that does not end", () => {
  expect(() => codeBlocks("text\n```ts\na();\n")).toThrow("line 2");
});
