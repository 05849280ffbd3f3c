import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { PLANTED } from './faults.ts';
import { type Edit, editsOf } from './planted-fault.ts';
import { CLIMATES } from './climates.ts';

const ROOT = new URL('../../../../', import.meta.url);

const pathOf = ({ file }: Edit): string => fileURLToPath(new URL(file, ROOT));

/** How often the text to be replaced stands in its file: once, or the fault cannot be planted. */
export const placesOf = (edit: Edit): number => readFileSync(pathOf(edit), 'utf8').split(edit.from).length - 1;

/**
 * Puts a fault, or what makes a climate, into this process, by name, before any module of the product is loaded. Fails where a text of it is not found, or is
 * not alone.
 */
export function plant(name: string): void {
  const fault = PLANTED.find((known) => known.name === name);
  const edits = fault ? editsOf(fault) : CLIMATES.find((known) => known.name === name)?.edits;
  if (!edits) throw new Error(`There is no planted fault and no climate ${name}.`);
  for (const edit of edits) {
    if (placesOf(edit) !== 1) throw new Error(`What is planted as ${name} finds its text ${placesOf(edit)} times in ${edit.file}.`);
    plantEdit(edit);
  }
}

function plantEdit(edit: Edit): void {
  // A linked package is loaded by its real path.
  const url = pathToFileURL(pathOf(edit)).href;
  registerHooks({
    load(asked, context, next) {
      const loaded = next(asked, context);
      if (asked !== url || loaded.source === undefined || loaded.source === null) return loaded;
      const source = typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString('utf8');
      return { ...loaded, source: source.replace(edit.from, () => edit.to) };
    },
  });
}
