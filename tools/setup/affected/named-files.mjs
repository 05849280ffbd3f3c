import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';
import ts from 'typescript';
import { inRoot, root } from '../workspace.mjs';

/**
 * A file or folder that the sources of one project name and another project, or none, holds.
 * @typedef {object} Named
 * @property {string} project root of the project whose source names it
 * @property {string} path    what is named, from the workspace's root
 * @property {string} by      the source
 */

/** Every file of the repository, from its root. */
export const tracked = () =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
    .split('\n')
    .filter(Boolean);

/** @param {readonly string[]} files @returns {readonly string[]} the projects' folders */
export const projectRoots = (files) => files.filter((file) => /^(apps|libs|tools)\/[^/]+\/package\.json$/.test(file)).map((file) => dirname(file));

/** @param {readonly string[]} roots @param {string} file */
export const ownerOf = (roots, file) => roots.find((each) => file.startsWith(`${each}/`)) ?? null;

/**
 * What sources read or start outside of their own project, as far as they write it down: a path in one text, in the pieces of one call
 * (`join(root, 'docs', 'x.md')`), or with a part that varies (`apps/${app}/src/main.ts`, which is all that fit). Imports are Nx's own matter.
 * @param {readonly string[]} files
 * @returns {Named[]}
 */
export function namedFiles(files) {
  const roots = projectRoots(files);
  const known = new Set(files.flatMap((file) => [file, ...foldersOf(file)]));
  const top = new Set(files.map((file) => file.split('/')[0]));
  /** @type {Map<string, Named>} */
  const found = new Map();
  for (const by of files.filter((file) => /\.(ts|mjs|js)$/.test(file))) {
    const project = ownerOf(roots, by);
    if (project === null) continue;
    for (const words of pathsIn(by)) {
      const fromTop = words.replace(/^(\.\.?\/)+/, '');
      const meant = [...(top.has(fromTop.split('/')[0] ?? '') ? [fromTop] : []), ...(words.startsWith('.') ? [join(dirname(by), words)] : [])];
      for (const path of meant.map((each) => normalize(each).replace(/\/$/, '')).flatMap((each) => fitting(each, known)))
        if (ownerOf(roots, `${path}/.`) !== project) found.set(`${project} ${path}`, { project, path, by });
    }
  }
  for (const { project, path, by } of [...found.values()])
    for (const inner of path.endsWith('.yml') ? pathsOfYaml(path, known) : [])
      found.set(`${project} ${inner}`, { project, path: inner, by: `${by} by ${path}` });
  return [...found.values()];
}

/** What a file of settings names beside it. @param {string} file @param {ReadonlySet<string>} known */
const pathsOfYaml = (file, known) =>
  [...readFileSync(inRoot(file), 'utf8').matchAll(/\.\/([\w./-]+)/g)].map(([, path = '']) => join(dirname(file), path)).filter((path) => known.has(path));

/** @param {string} file */
function foldersOf(file) {
  const parts = file.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** Stands for a part of a path that is only known when it runs. */
const VARIES = '\u0000';

/** @param {string} path @param {ReadonlySet<string>} known */
function fitting(path, known) {
  // A name of a top folder alone says nothing of what in it is meant.
  if (!/[./]/.test(path)) return [];
  if (!path.includes(VARIES)) return known.has(path) ? [path] : [];
  const pattern = new RegExp(
    `^${path
      .split(VARIES)
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('[^/]+')}$`,
  );
  return [...known].filter((each) => pattern.test(each));
}

/** @param {string} file @returns {Set<string>} texts that may be paths */
function pathsIn(file) {
  const source = ts.createSourceFile(file, readFileSync(inRoot(file), 'utf8'), ts.ScriptTarget.Latest, false);
  /** @type {Set<string>} */
  const words = new Set();
  /** @param {import('typescript').Node} node */
  const visit = (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    const text = textOf(node);
    if (text !== null) words.add(text);
    if (ts.isCallExpression(node))
      words.add(
        node.arguments
          .map(textOf)
          .filter((each) => each !== null)
          .join('/'),
      );
    ts.forEachChild(node, visit);
  };
  visit(source);
  // A bare word is no path, whatever folder it is the name of.
  return new Set([...words].filter((each) => /[./]/.test(each) && /^[\w./\u0000@-]+$/.test(each)));
}

/** @param {import('typescript').Node} node */
function textOf(node) {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) return node.head.text + node.templateSpans.map(({ literal }) => VARIES + literal.text).join('');
  return null;
}
