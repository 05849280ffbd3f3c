import { standInForDatabase } from '../database/stand-in.ts';
await standInForDatabase();
const { installVirtualGlobals } = await import('../time/virtual-globals.ts');
installVirtualGlobals();
const { planOf } = await import('../world/plan.ts');
const { World } = await import('../world/world.ts');
const { runAgent, runRotator } = await import('../world/processes.ts');
const [from=0,to=1,show='']=process.argv.slice(2);
for (let seed = Number(from); seed < Number(to); seed++) {
  const t = performance.now();
  const plan = {...planOf(seed), happenings: []};
  const world = new World(plan);
  let worked = 0; world.onWorked = () => worked++;
  for (let i=0;i<plan.rotators;i++) world.keep(`rotator-${i}`,'rotator',(p)=>runRotator(world,p));
  for (let i=0;i<plan.agents;i++) world.keep(`agent-${i}`,'agent',(p)=>runAgent(world,p));
  await world.scheduler.run(world.troubleEndsAt);
  const ends: Record<string, number> = {};
  for (const a of world.database.tables.attempts.all()) ends[a.state] = (ends[a.state]??0)+1;
  console.log(seed, `${Math.round(performance.now()-t)} ms`, world.scheduler.count, 'events', (plan.troubleMs/86400000), 'days', plan.logins.length, 'logins', 'worked', worked, JSON.stringify(ends), world.faults.met.length, 'faults', world.broken.map(e=>e.stack).join('\n'), world.trespasses);
  if (show) console.log(world.trace.lines.slice(0,Number(show)).join('\n'));
}
