import { parseRecipe, type Recipe } from '../index.ts';
import { WORDS } from './corpus.fixture.ts';

const LOGIN_WORDS = ['rejected', 'rejected_or_locked', 'locked', 'throttled', 'challenged', 'mfa_rejected', 'password_expired', 'change_forced', 'unavailable'];
const date = { in: { css: '#until' }, format: 'MM/DD/YYYY HH:mm' };

export interface CorpusRecipeOptions {
  /** `page/answer` where the login form is. */
  readonly login?: string;
  readonly change?: string;
  /** The change asks for a one-time code. */
  readonly code?: boolean;
  /** Task of the corpus: its steps, outcomes and rows. */
  readonly task?: Readonly<Record<string, unknown>> & { readonly steps: readonly object[] };
  readonly stepDeadlineMs?: number;
  /** Steps between the login form and its outcome. */
  readonly afterSubmit?: readonly object[];
  readonly interruptions?: readonly object[];
}

/** Short deadlines are about what a page shows; how long a busy machine takes to open it is not the matter of a test. */
const patient = (step: object): object => ('open' in step ? { deadline_ms: 20_000, ...step } : step);

/** A recipe for the corpus: the login and the change of one page. */
export function corpusRecipe(options: CorpusRecipeOptions): Recipe {
  return parseRecipe({
    version: 1,
    name: 'corpus',
    step_deadline_ms: options.stepDeadlineMs ?? 10_000,
    session: { open: '/pages/home/-', logged_in: { visible: { role: 'link', name: 'Sign out' } }, logged_out: { visible: { label: 'User name' } } },
    login: {
      steps: [
        { open: `/pages/${options.login ?? 'login/accepted'}` },
        { fill: { into: { label: 'User name' }, with: { credential: 'username' } } },
        { fill: { into: { field: 'pass' }, with: { credential: 'password' } } },
        { press: { role: 'button', name: 'Sign in' }, submit: true },
        ...(options.afterSubmit ?? []),
      ].map(patient),
      outcomes: [
        ...LOGIN_WORDS.map((kind) => ({ when: { text: WORDS[kind] }, is: kind, ...(kind === 'throttled' ? { date } : {}) })),
        { when: { all: [{ url: '/pages/home/*' }, { visible: { role: 'link', name: 'Sign out' } }] }, is: 'accepted' },
      ],
    },
    change: {
      steps: [
        { open: `/pages/${options.change ?? 'change/applied'}` },
        { fill: { into: { label: 'Old' }, with: { credential: 'password' } } },
        { fill: { into: { label: 'New' }, with: { credential: 'new_password' } } },
        ...(options.code ? [{ totp: { into: { label: 'Code' } } }] : []),
        { press: { role: 'button', name: 'Change' }, submit: true, dialog: { answer: 'accept', text: 'really change it?' } },
      ].map(patient),
      outcomes: [
        { when: { text: WORDS.applied }, is: 'applied' },
        { when: { text: 'too long' }, is: 'refused', rule: 'too_long' },
        // Words that the form shows too: they are no answer while they are only the form's.
        { when: { text: 'at most 12 characters' }, is: 'refused', rule: 'too_long' },
      ],
    },
    ...(options.interruptions ? { interruptions: options.interruptions } : {}),
    tasks: options.task ? { work: { ...options.task, steps: options.task.steps.map(patient) } } : {},
  });
}

/** Of version 2, which knows more than the one above. */
export const version2 = (options: CorpusRecipeOptions, more: object = {}): Recipe => parseRecipe({ ...corpusRecipe(options), version: 2, ...more });
