import { readFile } from "node:fs/promises";
import { parseSync, Visitor } from "oxc-parser";

/** One place where a module names another. */
export interface SourceImport {
  readonly specifier: string;
  readonly line: number;
  /** The names taken, `*` for all of them, `default`; empty where a module is only run. */
  readonly names: readonly string[];
  /** Nothing of it is left at run time. */
  readonly typeOnly: boolean;
}

/** What the checks need to know of a module. */
export interface SourceModule {
  readonly file: string;
  readonly imports: readonly SourceImport[];
  /** Lines with an `await` outside any function. */
  readonly topLevelAwaits: readonly number[];
}

/** Reads the imports of a TypeScript module: static, dynamic, in types and re-exports. */
export async function readModule(file: string): Promise<SourceModule> {
  const source = await readFile(file, "utf8");
  const parsed = parseSync(file, source, { sourceType: "module" });
  const [error] = parsed.errors;
  if (error !== undefined) throw new Error(`${file}: ${error.message}`);
  const lineOf = (offset: number): number => source.slice(0, offset).split("\n").length;
  const imports: SourceImport[] = [];
  const topLevelAwaits: number[] = [];
  const add = (specifier: string, start: number, names: readonly string[], typeOnly: boolean): void => {
    imports.push({ specifier, line: lineOf(start), names, typeOnly });
  };

  for (const one of parsed.module.staticImports) {
    const names = one.entries.map(
      (entry) => entry.importName.name ?? (entry.importName.kind === "Default" ? "default" : "*"),
    );
    add(
      one.moduleRequest.value,
      one.start,
      names,
      one.entries.length > 0 && one.entries.every((entry) => entry.isType),
    );
  }
  for (const one of parsed.module.staticExports) {
    for (const entry of one.entries) {
      if (entry.moduleRequest !== null)
        add(entry.moduleRequest.value, one.start, [entry.importName.name ?? "*"], entry.isType);
    }
  }

  let depth = 0;
  const enter = (): void => void depth++;
  const leave = (): void => void depth--;
  const awaited = (start: number): void => {
    if (depth === 0) topLevelAwaits.push(lineOf(start));
  };
  new Visitor({
    FunctionDeclaration: enter,
    "FunctionDeclaration:exit": leave,
    FunctionExpression: enter,
    "FunctionExpression:exit": leave,
    ArrowFunctionExpression: enter,
    "ArrowFunctionExpression:exit": leave,
    AwaitExpression: (node) => awaited(node.start),
    ForOfStatement: (node) => node.await && awaited(node.start),
    VariableDeclaration: (node) => node.kind === "await using" && awaited(node.start),
    ImportExpression: (node) => {
      if (node.source.type === "Literal") add(String(node.source.value), node.start, ["*"], false);
    },
    TSImportType: (node) => add(node.source.value, node.start, ["*"], true),
  }).visit(parsed.program);
  return { file, imports, topLevelAwaits };
}
