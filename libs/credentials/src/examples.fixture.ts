import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const library = fileURLToPath(new URL('..', import.meta.url));
const workspace = join(library, '..', '..');

const ENTRY_POINTS = { '@rcm/credentials': 'src/index.ts', '@rcm/credentials/testing': 'src/testing/index.ts' } as const;
export type EntryPoint = keyof typeof ENTRY_POINTS;

/** A function or class of this library, and what its docstring shows. */
export interface Documented {
  readonly name: string;
  readonly examples: readonly string[];
}

export interface Compiled {
  /** In words; empty where every example compiles. */
  problemsOf(documented: Documented): readonly string[];
  /** What the types say can be called or constructed, of this library's own exports. */
  callable(entryPoint: EntryPoint): readonly string[];
}

const parsed = (path: string): ts.SourceFile => ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);

interface Export {
  readonly name: string;
  readonly isType: boolean;
  /** The file of this library that it is made in; `null`: it is another library's. */
  readonly file: string | null;
}

function exportsOf(entryPoint: EntryPoint): readonly Export[] {
  const index = join(library, ENTRY_POINTS[entryPoint]);
  return parsed(index).statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement) || !statement.exportClause || !ts.isNamedExports(statement.exportClause)) return [];
    const from = statement.moduleSpecifier && ts.isStringLiteral(statement.moduleSpecifier) ? statement.moduleSpecifier.text : '';
    const file = from.startsWith('.') ? join(dirname(index), from) : null;
    return statement.exportClause.elements.map(({ name, isTypeOnly }) => ({ name: name.text, isType: statement.isTypeOnly || isTypeOnly, file }));
  });
}

/** Read from the sources alone, so that tests can be named after them before anything is compiled. */
export function documentedOf(entryPoint: EntryPoint): readonly Documented[] {
  return exportsOf(entryPoint).flatMap(({ name, isType, file }) => {
    const declaration =
      isType || file === null
        ? undefined
        : parsed(file)
            .statements.flatMap(functionsIn)
            .find((found) => found.name?.getText() === name);
    return declaration ? [{ name, examples: examplesOf(declaration) }] : [];
  });
}

function functionsIn(statement: ts.Statement): readonly ts.NamedDeclaration[] {
  if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) return [statement];
  if (!ts.isVariableStatement(statement)) return [];
  return statement.declarationList.declarations.filter(
    ({ initializer }) => initializer && (ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer)),
  );
}

const examplesOf = (declaration: ts.NamedDeclaration): readonly string[] =>
  ts
    .getJSDocTags(declaration)
    .filter(({ tagName }) => tagName.text === 'example')
    .map(({ comment }) => /^```ts\n(.*)\n```$/s.exec(ts.getTextOfJSDocComment(comment)?.trim() ?? '')?.[1] ?? '');

/** Lines before the example in the file that is made of it: its imports, and the head of its function. */
const HEAD = 2;

/** Whatever the example names. `z` reads the raw shapes that the library exports, and is each caller's own. */
function sourceOf(example: string, exported: Readonly<Record<EntryPoint, readonly Export[]>>): string {
  const imports = Object.entries(exported).map(([entryPoint, exports]) => {
    const named = exports.filter(({ name }) => new RegExp(`\\b${name}\\b`).test(example));
    return `import { ${named.map(({ name, isType }) => (isType ? `type ${name}` : name)).join(', ')} } from '${entryPoint}';`;
  });
  return `${imports.join(' ')} import { z } from 'zod';\nexport async function example(): Promise<void> {\n${example}\n}\n`;
}

function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(workspace, 'tsconfig.base.json'), ts.sys.readFile) as { config: { readonly compilerOptions: unknown } };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, workspace);
  // An example may end with what it has made.
  return { ...options, noUnusedLocals: false, noEmit: true, composite: false, incremental: false, declaration: false, emitDeclarationOnly: false };
}

const pathOf = (name: string, index: number): string => join(library, 'src', `${name}.${index}.example.ts`);

/** All examples in one program: the types that they share are read once. */
export function compile(all: readonly Documented[]): Compiled {
  const exported = { '@rcm/credentials': exportsOf('@rcm/credentials'), '@rcm/credentials/testing': exportsOf('@rcm/credentials/testing') };
  const sources = new Map(all.flatMap(({ name, examples }) => examples.map((example, index) => [pathOf(name, index), sourceOf(example, exported)] as const)));
  const options = compilerOptions();
  const host = ts.createCompilerHost(options);
  host.fileExists = (path) => sources.has(path) || ts.sys.fileExists(path);
  host.readFile = (path) => sources.get(path) ?? ts.sys.readFile(path);
  const indexes = Object.values(ENTRY_POINTS).map((path) => join(library, path));
  const program = ts.createProgram([...sources.keys(), ...indexes], options, host);
  return {
    problemsOf: ({ name, examples }) => [
      ...(examples.length === 0 ? [`${name} has no @example.`] : []),
      ...examples.flatMap((example, index) => {
        if (example === '') return [`An @example of ${name} is not one fenced block of ts.`];
        const file = program.getSourceFile(pathOf(name, index));
        if (!file) return [`The @example of ${name} was not compiled.`];
        return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map((found) => inWords(name, file, found));
      }),
    ],
    callable: (entryPoint) => callableFrom(program, join(library, ENTRY_POINTS[entryPoint])),
  };
}

function inWords(name: string, file: ts.SourceFile, { start = 0, messageText }: ts.Diagnostic): string {
  const line = file.getLineAndCharacterOfPosition(start).line - HEAD + 1;
  return `The @example of ${name} does not compile, line ${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
}

function callableFrom(program: ts.Program, index: string): readonly string[] {
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(index);
  const module = file && checker.getSymbolAtLocation(file);
  const exported = module ? checker.getExportsOfModule(module) : [];
  return exported.flatMap((alias) => {
    const symbol = alias.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(alias) : alias;
    const { valueDeclaration } = symbol;
    if (!valueDeclaration?.getSourceFile().fileName.startsWith(library)) return [];
    const type = checker.getTypeOfSymbol(symbol);
    return type.getCallSignatures().length + type.getConstructSignatures().length > 0 ? [alias.name] : [];
  });
}
