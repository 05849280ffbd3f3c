import { registerHooks } from 'node:module';

const STAND_IN = 'simulation:';
/** libs/db by each of its doors. */
const DOOR = /^@rcm\/db(?:\/[a-z]+)?$/;
const OWN_FOLDER = new URL('.', import.meta.url).href;

/**
 * From here on, what the product imports from `@rcm/db`, by whichever door, has the operations of the model; whatever needs no database (tables of the machine, rules,
 * types) is libs/db's own. Called once, before any module of the product is loaded.
 */
export async function standInForDatabase(): Promise<void> {
  const model = new URL('./operations.ts', import.meta.url).href;
  const names = Object.keys(await import('./operations.ts'));
  const source = (door: string) =>
    `export * from ${JSON.stringify(import.meta.resolve(door))};\nexport { ${names.join(', ')} } from ${JSON.stringify(model)};\n`;
  registerHooks({
    resolve(specifier, context, next) {
      const isOurs = context.parentURL?.startsWith(OWN_FOLDER) ?? false;
      if (DOOR.test(specifier) && !isOurs) return { url: `${STAND_IN}${specifier}`, format: 'module', shortCircuit: true };
      return next(specifier, context);
    },
    load: (url, context, next) =>
      url.startsWith(STAND_IN) ? { format: 'module', source: source(url.slice(STAND_IN.length)), shortCircuit: true } : next(url, context),
  });
}
