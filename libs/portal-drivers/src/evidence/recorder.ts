import type { Page } from 'playwright';
import type { KnownSecrets } from '../interpreter/known-secrets.ts';
import type { StepTrace } from '../trace.ts';
import { capturePage } from './capture.ts';
import type { EvidencePolicy } from './evidence.ts';

/** Takes evidence as a policy says. */
export interface EvidenceRecorder {
  /** After every step. */
  step(trace: StepTrace, page: Page, secrets: KnownSecrets): Promise<void>;
  /** At the end of an act; `ended` is its outcome's kind. */
  end(act: StepTrace['act'], ended: string, page: Page, secrets: KnownSecrets): Promise<void>;
}

export function createEvidenceRecorder(policy: EvidencePolicy | undefined): EvidenceRecorder {
  let last: StepTrace | null = null;

  async function take(act: StepTrace['act'], ended: string, page: Page, secrets: KnownSecrets): Promise<void> {
    if (!policy) return;
    const step = last?.act === act ? last.step : null;
    try {
      const shown = await capturePage(page, secrets.mask(), { screenshot: policy.screenshots ?? true });
      await policy.keep({ act, step, ended, ...shown });
    } catch {
      // Evidence is a help for people; an act must not end otherwise because it could not be kept.
    }
  }

  return {
    async step(trace, page, secrets) {
      last = trace;
      if (policy?.when === 'steps') await take(trace.act, trace.outcome, page, secrets);
    },
    async end(act, ended, page, secrets) {
      const unclear = ended === 'unknown' || ended === 'unavailable' || ended === 'unfit';
      if (policy && (unclear || policy.when !== 'unclear')) await take(act, ended, page, secrets);
      last = null;
    },
  };
}
