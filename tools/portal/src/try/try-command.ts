import { createBrowserPool, createRecipeDriver, type DeclaredHost, type Recipe } from '@rcm/portal-drivers';
import { createLogger, isRcmError, RcmError, type Secret, systemClock } from '@rcm/telemetry';
import { jsonLine } from '@rcm/telemetry/json-shape';
import { type PortalConfig, windowEnvironment } from '../config.ts';
import { neededValues } from '../credential/needed-values.ts';
import { readCredential } from '../credential/read-credential.ts';
import { openTerminal, type Terminal } from '../credential/terminal.ts';
import { readRecipe } from '../recipe-file.ts';
import { secondsOf } from '../seconds.ts';
import { openEvidenceFolder } from './evidence-folder.ts';
import { type Interruption, watchInterruption } from './interruption.ts';
import { hostsOf, type Purpose, purposeOf, type TypedTryOptions } from './options.ts';
import { emptyReport, succeeded, taskReport, type TryReport } from './report.ts';
import { tryRotation } from './rotation.ts';
import { tableLines } from './table.ts';
import { createTrial } from './trial.ts';
import { describeReport, stepLine } from './words.ts';

/** The streams of the process. */
export interface Streams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

interface Try {
  readonly typed: TypedTryOptions;
  readonly purpose: Purpose;
  readonly recipe: Recipe;
  readonly hosts: readonly DeclaredHost[];
  readonly deadlineMs: number;
  /** Shows a new password before it is submitted, where no file keeps it. */
  readonly showPassword: (password: Secret<string>) => void;
}

/** `portal try`: one login at a live portal, and what was asked for in it. Returns the exit code. Fails before anything is sent where the call is wrong. */
export async function tryCommand(config: PortalConfig, streams: Streams, file: string, typed: TypedTryOptions): Promise<number> {
  const recipe = await readRecipe(file);
  const purpose = purposeOf(typed, recipe);
  const showPassword = purpose.kind === 'rotate' ? shownOn(streams, typed) : () => undefined;
  const asked: Try = { typed, recipe, purpose, hosts: hostsOf(typed, recipe), deadlineMs: secondsOf(typed.deadline), showPassword };
  const say = (text: string): void => void streams.stderr.write(text);
  const interruption = watchInterruption(process, say);
  try {
    say(announcement(asked));
    const report = await run(config, streams, asked, interruption);
    streams.stdout.write(typed.json ? jsonLine(report) : describeReport(report));
    return succeeded(report) ? 0 : 1;
  } finally {
    interruption.dispose();
  }
}

/** What is about to be done, before anything is asked. */
function announcement({ recipe, typed, purpose }: Try): string {
  const at = `${recipe.name} at ${typed.baseUrl}`;
  if (purpose.kind === 'login') return `One login attempt: ${at}. Nothing else is done there.\n`;
  if (purpose.kind === 'task') return `One login attempt, then the task ${purpose.name}: ${at}.\n`;
  return `One login attempt, then a new password, then one login with it: ${at}.\n`;
}

async function run(config: PortalConfig, streams: Streams, asked: Try, interruption: Interruption): Promise<TryReport> {
  const { recipe, typed, purpose } = asked;
  const say = (text: string): void => void streams.stderr.write(text);
  const report = emptyReport(recipe.name, typed.baseUrl);
  const payload = await atTerminal(streams, interruption.signal, async (terminal) => {
    await agree(asked, terminal);
    return readCredential({ terminal, stdin: streams.stdin, signal: interruption.signal }, neededValues(recipe));
  });
  const evidence = typed.evidence === undefined ? null : await openEvidenceFolder(typed.evidence);
  const pool = createBrowserPool({
    maxContexts: 1,
    executablePath: config.RCM_CHROMIUM_PATH,
    headed: typed.headed ?? false,
    environment: typed.headed ? windowEnvironment(config) : {},
    logger: createLogger({ name: 'portal', level: 'silent' }),
  });
  const driver = createRecipeDriver({
    recipe,
    hosts: asked.hosts,
    browser: pool,
    onStep: (step) => {
      report.steps.push(step);
      if (!typed.json) streams.stdout.write(`${stepLine(step)}\n`);
    },
    evidence: evidence?.policy,
    onBlocked: (blocked) => report.blocked.push(blocked),
  });
  const trial = createTrial({ driver, baseUrl: typed.baseUrl, payload, deadlineMs: asked.deadlineMs, clock: systemClock, signal: interruption.signal, say });
  try {
    if (purpose.kind === 'rotate') {
      const saveTo = typed.saveCredential ?? null;
      await tryRotation({
        trial,
        report,
        payload,
        rules: purpose.rules,
        deadlineMs: asked.deadlineMs,
        interruption,
        saveTo,
        showPassword: asked.showPassword,
        say,
      });
    } else {
      await trial.inSession(async (session) => {
        report.login = await trial.login(session);
        if (purpose.kind !== 'task' || report.login.outcome.kind !== 'accepted') return;
        report.task = taskReport(
          await session.runTask({ name: purpose.name, input: purpose.input, deadlineMs: asked.deadlineMs, signal: interruption.signal }),
        );
        if (report.task.kind === 'found' && report.task.rows.length > 0) await evidence?.keepRows(tableLines(report.task.rows, report.task.rows.length));
      });
    }
  } catch (error) {
    // What is known already must be told, whatever broke.
    report.problem = isRcmError(error) ? error.message : 'Something unexpected failed.';
  } finally {
    await pool.close();
  }
  report.evidence = evidence?.files ?? [];
  return report;
}

async function atTerminal<T>(streams: Streams, signal: AbortSignal, use: (terminal: Terminal | null) => Promise<T>): Promise<T> {
  const terminal = streams.stdin.isTTY ? openTerminal({ input: streams.stdin, say: (text) => void streams.stderr.write(text), signal }) : null;
  try {
    return await use(terminal);
  } finally {
    terminal?.close();
  }
}

/** A rotation changes something that cannot be taken back: somebody must have said yes. */
async function agree({ purpose, typed }: Try, terminal: Terminal | null): Promise<void> {
  if (purpose.kind !== 'rotate' || typed.yes) return;
  if (!terminal) throw new RcmError('input_invalid', '--rotate changes the password at the portal: say --yes where nobody can be asked. Nothing was done.');
  const answer = await terminal.ask('This changes the password at the portal. Go on? [y/N] ');
  if (!/^y(es)?$/i.test(answer.trim())) throw new RcmError('cancelled', 'Nothing was done.');
}

/** Where a new password may be shown: a terminal, never something that keeps it. Fails with `input_invalid` where there is neither terminal nor file. */
function shownOn({ stdout, stderr }: Streams, typed: TypedTryOptions): (password: Secret<string>) => void {
  if (typed.saveCredential !== undefined) return () => undefined;
  const terminal = [stderr, stdout].find((stream) => stream.isTTY);
  if (!terminal)
    throw new RcmError('input_invalid', 'The new password has nowhere to go: name a file (--save-credential FILE) or start from a terminal. Nothing was done.');
  return (password) => void terminal.write(`The new password, about to be submitted and kept nowhere else: ${password.reveal()}\n`);
}
