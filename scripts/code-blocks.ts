/** A fenced block of a Markdown file. */
export interface CodeBlock {
  /** The word after the fence, as in `ts`. */
  readonly language: string;
  readonly code: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  /** Text of the HTML comment on the line before, as in `not run`. */
  readonly mark: string | undefined;
}

/** The fenced code blocks of a Markdown file, in order. */
export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const lines = markdown.split(/\r?\n/);
  let open: { readonly fence: string; readonly language: string; readonly line: number } | undefined;
  let code: string[] = [];
  for (const [i, text] of lines.entries()) {
    const [, fence, language = ""] = /^(`{3,}|~{3,})([\w-]*)/.exec(text) ?? [];
    if (open === undefined) {
      if (fence !== undefined) open = { fence, language, line: i + 1 };
    } else if (text.trimEnd() === open.fence) {
      blocks.push({
        language: open.language,
        line: open.line,
        code: `${code.join("\n")}\n`,
        mark: markBefore(lines, open.line - 1),
      });
      open = undefined;
      code = [];
    } else code.push(text);
  }
  if (open !== undefined) throw new Error(`the code block of line ${open.line} is not closed`);
  return blocks;
}

function markBefore(lines: readonly string[], fenceIndex: number): string | undefined {
  const before = lines[fenceIndex - 1]?.trim() === "" ? lines[fenceIndex - 2] : lines[fenceIndex - 1];
  return /^<!--\s*(.*?)\s*-->$/.exec(before?.trim() ?? "")?.[1];
}
