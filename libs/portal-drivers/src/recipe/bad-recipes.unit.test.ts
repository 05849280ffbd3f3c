import { createLogger, explain, isRcmError } from '@rcm/telemetry';
import { faultsOfRefusal, noDocuments, part, spoiled } from '@rcm/test-services';
import { expect, it } from 'vitest';
import { readRecipeFile } from './files.ts';
import { lintRecipe } from './lint.ts';
import { parseRecipe } from './parse.ts';

/** As a person is told of it. */
const told = (error: unknown): unknown =>
  isRcmError(error) ? { name: 'RcmError', code: error.code, message: explain(error, createLogger({ name: 'test' })).sentence } : error;

function refusalOf(source: string | object): unknown {
  try {
    return void parseRecipe(source);
  } catch (error) {
    return told(error);
  }
}

it.each(['alpine', 'cascade'])('whatever is wrong in the recipe %s is refused by its name, in words of ours, whether it is read or linted', async (name) => {
  const good: unknown = JSON.parse(JSON.stringify(await readRecipeFile(name)));
  const faults: string[] = [];
  for (const one of part(spoiled(good), 661)) {
    const text = JSON.stringify(one.value);
    const refusal = refusalOf(text);
    for (const fault of faultsOfRefusal(refusal, one)) faults.push(`${one.what} ${fault}`);
    if ((lintRecipe(text, { file: 'x' }).recipe === null) !== (refusal !== undefined)) faults.push(`${one.what} is linted otherwise`);
  }
  for (const text of noDocuments(JSON.stringify(good)))
    faults.push(...faultsOfRefusal(refusalOf(text) ?? 'taken', { names: [] }).map((fault) => `${text.slice(0, 50)} ${fault}`));
  expect(faults).toEqual([]);
});
