import { isRcmError, RcmError, withDeadline } from '@rcm/telemetry';
import { capturePage } from '../evidence/capture.ts';
import { createActTime } from '../interpreter/act-time.ts';
import type { Act } from '../interpreter/act.ts';
import { holds } from '../interpreter/conditions.ts';
import { createOutcomeWatch, type Worded } from '../interpreter/outcome-watch.ts';
import type { SessionDependencies } from '../interpreter/dependencies.ts';
import { quietAct } from '../interpreter/quiet-act.ts';
import { runSteps } from '../interpreter/steps.ts';
import { openRecipePage, type RecipeDriverOptions } from '../recipe-driver.ts';
import type { Condition } from '../recipe/condition.ts';
import { lookAtLogin } from './login-look.ts';
import type { PageFinding, PagePicture } from './page-finding.ts';

export interface Inspection {
  readonly baseUrl: string;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** Is given a picture of what was last seen of each part, where one could be taken. Default: none is taken. */
  readonly onPicture?: (picture: PagePicture) => void;
}

/**
 * Looks at a portal's pages as far as they show without a login: nothing is typed and no login submitted, so it costs no
 * attempt. Fails as `openSession` does, and with `cancelled` where it was stopped, as then the pages were not seen; a portal that does not answer is a finding.
 */
export async function inspectPortal(options: RecipeDriverOptions, where: Inspection): Promise<readonly PageFinding[]> {
  const { dependencies, release } = await openRecipePage(options, where);
  const findings: PageFinding[] = [];
  try {
    await withDeadline({ ms: where.deadlineMs, what: 'The look at the pages', signal: where.signal }, async (signal) => {
      const act = lookingAct(dependencies, where.deadlineMs, signal);
      await lookAtLogin(act, dependencies.recipe.login.steps, findings);
      await lookForOutcomes(dependencies, findings);
      await takePicture(dependencies, 'login', where);
      await lookAtSession(act, dependencies, findings);
      await takePicture(dependencies, 'session', where);
    });
  } catch (error) {
    findings.push({ part: 'login', what: 'the pages', state: 'missing', detail: isRcmError(error) ? error.message : 'the browser could not look at them' });
  } finally {
    await release();
  }
  if (where.signal.aborted) throw new RcmError('cancelled', 'The look at the pages was stopped.');
  return findings;
}

/** With a box over every field and everything that is drawn: nothing was typed, but a page may have filled a field in. */
async function takePicture({ watch, secrets }: SessionDependencies, part: PagePicture['part'], { onPicture }: Inspection): Promise<void> {
  if (!onPicture) return;
  const { screenshot } = await capturePage(watch.page, secrets.mask(), { screenshot: true });
  if (screenshot) onPicture({ part, png: screenshot });
}

function lookingAct(dependencies: SessionDependencies, deadlineMs: number, signal: AbortSignal): Act<Worded> {
  const time = createActTime({ deadlineMs, signal, watch: dependencies.watch });
  return quietAct(dependencies, { name: 'check', time, outcomes: createOutcomeWatch<Worded>(dependencies.watch, []), plain: (value) => value.text ?? '' });
}

/** Words that stand there before anything was sent would be taken for the portal's answer. */
async function lookForOutcomes(dependencies: SessionDependencies, findings: PageFinding[]): Promise<void> {
  for (const { is, when } of dependencies.recipe.login.outcomes) {
    if (await holds(dependencies.watch, when))
      findings.push({ part: 'login', what: `outcome ${is}`, state: 'unexpected', detail: 'its words are on the page before anything was sent' });
  }
}

async function lookAtSession(act: Act<Worded>, dependencies: SessionDependencies, findings: PageFinding[]): Promise<void> {
  const { open, logged_in, logged_out } = dependencies.recipe.session;
  const add = (what: string, state: PageFinding['state'], detail: string | null) => findings.push({ part: 'session', what, state, detail });
  try {
    await runSteps(act, [{ open }]);
    await act.time.until('The mark of being logged out', act.time.stepMs(act.stepDeadlineMs), async () =>
      (await holds(dependencies.watch, logged_out)) ? true : null,
    );
    add('logged_out', 'there', null);
  } catch (error) {
    const late = isRcmError(error) && error.code === 'deadline_exceeded';
    if (late && needsAnswer(logged_out)) add('logged_out', 'unseen', 'it needs an answer that a page may ask for only after a login');
    else add('logged_out', 'missing', isRcmError(error) ? error.message : 'the browser could not look');
  }
  if (await holds(dependencies.watch, logged_in)) add('logged_in', 'unexpected', 'it shows although nobody is logged in');
}

/** Whether a condition is told by an answer: a page that keeps its session itself asks for none where it never had one. */
const needsAnswer = ({ response, all = [], any = [] }: Condition): boolean => response !== undefined || [...all, ...any].some(needsAnswer);
