import { delimiter, dirname } from 'node:path';
import { findChromium, knownChromium } from './chromium.mjs';
import { dependenciesInstalled, installDependencies } from './dependencies.mjs';
import { clientGenerated, generateClient } from './generate.mjs';
import { alone } from './lock.mjs';
import { node24 } from './node-24.mjs';
import { inRoot } from './workspace.mjs';

/**
 * Brings the clone into a state in which everything runs; does nothing that was done before and asks nothing.
 * @param {{ browser: boolean }} needs
 * @returns {Promise<{ node: string, env: NodeJS.ProcessEnv }>} the Node to use and the environment for what it runs
 */
export async function prepare({ browser }) {
  // A wrong path is told before a minute of installing.
  if (browser) knownChromium(process.env.RCM_CHROMIUM_PATH);
  // The lock is only taken where something is to do: the usual run costs a few small reads.
  if (!dependenciesInstalled() || !clientGenerated()) {
    await alone(async () => {
      if (!dependenciesInstalled()) installDependencies();
      if (!clientGenerated()) generateClient();
    });
  }
  const node = node24();
  const env = {
    ...process.env,
    PATH: [dirname(node), inRoot('node_modules', '.bin'), process.env.PATH].join(delimiter),
    // A command run from source takes half the time to load when its files were compiled before: 0.55 s instead of 1.1 s.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? inRoot('.rcm', 'compile-cache'),
  };
  if (!browser) return { node, env };
  const chromium = knownChromium(process.env.RCM_CHROMIUM_PATH) ?? (await alone(async () => knownChromium(undefined) ?? findChromium(node)));
  return { node, env: { ...env, RCM_CHROMIUM_PATH: chromium } };
}
