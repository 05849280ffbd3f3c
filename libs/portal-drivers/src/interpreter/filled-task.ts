import { filled } from '../recipe/placeholder.ts';
import type { Step } from '../recipe/step.ts';
import type { TaskRecipe } from '../recipe/task.ts';
import { stepName } from './step-words.ts';

/** A task with what it is given in its places. Its steps keep their names as the recipe has them: a trace holds no value. */
export function filledTask(task: TaskRecipe, input: Readonly<Record<string, string>>): TaskRecipe {
  return { ...filled(task, input), input: task.input, steps: filledSteps(task.steps, input) };
}

const filledSteps = (steps: readonly Step[], input: Readonly<Record<string, string>>): Step[] =>
  steps.map((step) => {
    const named = { ...filled(step, input), name: stepName(step) };
    return step.optional ? { ...named, optional: { when: filled(step.optional.when, input), steps: filledSteps(step.optional.steps, input) } } : named;
  });
