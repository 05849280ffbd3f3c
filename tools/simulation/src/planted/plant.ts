import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { PLANTED, type PlantedFault } from './faults.ts';

const ROOT = new URL('../../../../', import.meta.url);

export const plantedUrl = ({ file }: PlantedFault): string => new URL(file, ROOT).href;

/** How often the text to be replaced stands in its file: once, or the fault cannot be planted. */
export function placesOf(fault: PlantedFault): number {
  return readFileSync(fileURLToPath(plantedUrl(fault)), 'utf8').split(fault.from).length - 1;
}

/** Puts a fault into this process, by name, before any module of the product is loaded. Fails where its text is not found, or is not alone. */
export function plant(name: string): void {
  const fault = PLANTED.find((known) => known.name === name);
  if (!fault) throw new Error(`There is no planted fault ${name}.`);
  if (placesOf(fault) !== 1) throw new Error(`The planted fault ${name} finds its text ${placesOf(fault)} times in ${fault.file}.`);
  // A linked package is loaded by its real path.
  const url = pathToFileURL(fileURLToPath(plantedUrl(fault))).href;
  registerHooks({
    load(asked, context, next) {
      const loaded = next(asked, context);
      if (asked !== url || loaded.source === undefined || loaded.source === null) return loaded;
      const source = typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString('utf8');
      return { ...loaded, source: source.replace(fault.from, () => fault.to) };
    },
  });
}
