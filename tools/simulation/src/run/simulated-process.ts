import { standInForDatabase } from '../database/stand-in.ts';
import { currentProcess } from '../time/sim-process.ts';
import { rememberHmacs } from '../time/remembered-hmacs.ts';
import { installVirtualGlobals } from '../time/virtual-globals.ts';

/** Makes a real process one in which environments can run: done once, before any of the product's modules is loaded. */
export async function prepareProcess(): Promise<void> {
  await standInForDatabase();
  installVirtualGlobals();
  rememberHmacs();
  const write = process.stdout.write.bind(process.stdout);
  // What a command of the product tells its simulated operator is nobody's output.
  process.stdout.write = ((...given: Parameters<typeof write>) => (currentProcess() ? true : write(...given))) as typeof process.stdout.write;
}
