import { registerHooks } from 'node:module';

const STAND_IN = 'simulation:db';
const OWN_FOLDER = new URL('.', import.meta.url).href;

/**
 * From here on, what the product imports as `@rcm/db` has the operations of the model; whatever needs no database (tables of the machine, rules,
 * types) is libs/db's own. Called once, before any module of the product is loaded.
 */
export async function standInForDatabase(): Promise<void> {
  const real = import.meta.resolve('@rcm/db');
  const model = new URL('./operations.ts', import.meta.url).href;
  const names = Object.keys((await import('./operations.ts')) as object);
  const source = `export * from ${JSON.stringify(real)};\nexport { ${names.join(', ')} } from ${JSON.stringify(model)};\n`;
  registerHooks({
    resolve(specifier, context, next) {
      const isOurs = context.parentURL?.startsWith(OWN_FOLDER) ?? false;
      if (specifier === '@rcm/db' && !isOurs) return { url: STAND_IN, format: 'module', shortCircuit: true };
      return next(specifier, context);
    },
    load: (url, context, next) => (url === STAND_IN ? { format: 'module', source, shortCircuit: true } : next(url, context)),
  });
}
