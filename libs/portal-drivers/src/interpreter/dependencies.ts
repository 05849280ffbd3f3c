import type { EvidenceRecorder } from '../evidence/recorder.ts';
import type { RequestGate } from '../network/request-gate.ts';
import type { Origins } from '../network/origins.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { StepTrace } from '../trace.ts';
import { type ActTime, type ActTimeOptions, createActTime } from './act-time.ts';
import type { Interruptions } from './interruptions.ts';
import type { KnownSecrets } from './known-secrets.ts';
import type { Places } from './places.ts';
import type { Tabs } from './tabs.ts';

/** What the acts of a session are given to work with. */
export interface SessionDependencies {
  readonly recipe: Recipe;
  readonly origins: Origins;
  readonly places: Places;
  /** Whether the name of a declared host could not be resolved. */
  readonly isUnknownHost: (host: string) => boolean;
  readonly watch: Tabs;
  readonly interruptions: Interruptions;
  readonly requestGate: RequestGate;
  readonly secrets: KnownSecrets;
  readonly onStep: (trace: StepTrace) => void;
  readonly evidence: EvidenceRecorder;
}

/** The time of an act. Whatever may lie over the page is put away while it waits. */
export const timeOf = ({ watch, interruptions }: SessionDependencies, time: Omit<ActTimeOptions, 'watch' | 'meanwhile'>): ActTime =>
  createActTime({ ...time, watch, meanwhile: () => interruptions.clear(watch.page) });

/** Tells of a step, and takes evidence of the page it left. */
export async function tellStep(dependencies: SessionDependencies, trace: StepTrace): Promise<void> {
  dependencies.onStep(trace);
  await dependencies.evidence.step(trace, dependencies.watch.page, dependencies.secrets);
}
