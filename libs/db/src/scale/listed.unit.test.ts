import { globSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as core from '../index.ts';
import { NOT_OVER_THE_FLEET } from './not-over-the-fleet.ts';
import { operations } from './operations.ts';

const doors = await Promise.all(
  globSync('*.ts', { cwd: new URL('../doors/', import.meta.url), exclude: ['*.test.ts'] }).map(
    (file) => import(new URL(`../doors/${file}`, import.meta.url).href) as Promise<Record<string, unknown>>,
  ),
);

test('everything that this package exports is measured, or it is said why not', () => {
  const functions = Object.entries(Object.assign({}, core, ...doors) as Record<string, unknown>).flatMap(([name, value]): [string, unknown][] =>
    typeof value === 'function' ? [[name, value]] : [],
  );
  const measured = new Set<unknown>(operations.flatMap(({ calls }) => calls));
  const excused = Object.values(NOT_OVER_THE_FLEET).flat();
  expect(
    functions
      .filter(([, value]) => !measured.has(value))
      .map(([name]) => name)
      .sort(),
  ).toEqual(excused.toSorted());
});

test('no two operations have one name', () => {
  const names = operations.map(({ name }) => name);
  expect([...new Set(names)]).toEqual(names);
});
