import type { PortalTypeRow } from '@rcm/db';
import { checkedTask, parseRecipe, type Recipe, taskInterface, type TaskInterface } from '@rcm/portal-drivers';

/** The recipes of the portal types that were asked for, parsed once; a changed recipe takes its forerunner's place. */
export class DeclaredTasks {
  readonly #parsed = new Map<string, { readonly source: string; readonly recipe: Recipe }>();

  /** Fails with `task_unknown`, `task_input_invalid`, and `recipe_invalid` for a stored recipe that is none. */
  check(portalType: PortalTypeRow, task: { readonly name: string; readonly input: Readonly<Record<string, string>> }): void {
    checkedTask(this.#recipeOf(portalType), task);
  }

  /** What each task of the portal takes and gives. Fails with `recipe_invalid`. */
  of(portalType: PortalTypeRow): readonly (TaskInterface & { readonly name: string })[] {
    return Object.entries(this.#recipeOf(portalType).tasks).map(([name, task]) => ({ name, ...taskInterface(name, task) }));
  }

  #recipeOf({ code, recipe }: PortalTypeRow): Recipe {
    const source = JSON.stringify(recipe);
    const known = this.#parsed.get(code);
    if (known?.source === source) return known.recipe;
    const parsed = parseRecipe(recipe as object);
    this.#parsed.set(code, { source, recipe: parsed });
    return parsed;
  }
}
