import type { Recipe } from '@rcm/portal-drivers';

type Step = Recipe['login']['steps'][number];

/** What a recipe types, so that nothing is asked for in vain. */
export interface NeededValues {
  /** Names of the `custom_fields` that are typed. */
  readonly custom: readonly string[];
  /** Whether a one-time code may be asked for. */
  readonly totp: boolean;
}

export function neededValues(recipe: Recipe): NeededValues {
  const steps = [recipe.login, recipe.change, recipe.forced_change].flatMap((part) => part?.steps ?? []).flatMap(withInner);
  const names = steps.flatMap((step) => [step.fill?.with.credential, step.choose?.option.credential]);
  const custom = names.flatMap((name) => (name?.startsWith('custom.') ? [name.slice('custom.'.length)] : []));
  return { custom: [...new Set(custom)], totp: steps.some((step) => step.totp !== undefined) };
}

const withInner = (step: Step): readonly Step[] => [step, ...(step.optional?.steps ?? []).flatMap(withInner)];
