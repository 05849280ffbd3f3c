import { runGuarded } from './run-guarded.ts';

/** Says what it sees, and stays until it is told to end. */
await runGuarded('guarded', async (environment) => {
  process.stdout.write(`${JSON.stringify({ given: environment, seen: process.env })}\n`);
  if (process.argv.includes('stay')) await new Promise((resolve) => process.stdin.once('end', resolve).resume());
  return 0;
});
