import { createHash } from 'node:crypto';
import type { Answer, Ask } from './messages.ts';
import { plant } from '../planted/plant.ts';
import { prepareProcess } from './simulated-process.ts';

const [planted] = process.argv.slice(2);
if (planted !== undefined) plant(planted);
await prepareProcess();
const { planOf } = await import('../environment/plan.ts');
const { runPlan } = await import('./run-seed.ts');
const { tellStory } = await import('./story.ts');

const tell = (answer: Answer): void => void process.send?.(answer);

/** One ask at a time: environments of one process share its virtual globals. */
let busy = Promise.resolve();
process.on('message', (ask: Ask) => {
  busy = busy.then(() => answer(ask));
});
process.on('disconnect', () => process.exit(0));
tell({ answer: 'ready' });

async function answer(ask: Ask): Promise<void> {
  if (ask.ask === 'story') {
    const { kind, lines } = await tellStory(ask.seed, ask.keep, planted);
    return void tell({ answer: 'story', seed: ask.seed, kind, lines });
  }
  for (const seed of ask.seeds) {
    const { rotations, logins, virtualDays, findings, trace } = await runPlan(planOf(seed));
    const digest = createHash('sha256').update(trace().join('\n')).digest('hex');
    tell({ answer: 'seed', summary: { seed, rotations, logins, virtualDays, findings, digest } });
  }
  tell({ answer: 'done' });
}
