import { z } from 'zod';
import { recipeFileSchema } from './recipe.ts';

/** A JSON Schema, as far as it is read here. */
export interface SchemaNode {
  readonly $ref?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly $defs?: Readonly<Record<string, SchemaNode>>;
}

/** The recipe format as JSON Schema (draft 2020-12), for editors. It says less than `lintRecipe`: rules across keys are not in it. */
export function recipeJsonSchema(): SchemaNode {
  const schema = z.toJSONSchema(recipeFileSchema, { io: 'input' }) as SchemaNode;
  return { ...schema, ...{ title: 'Portal recipe, version 1' } };
}

/** Every schema that may describe the value at `path` in a recipe. */
export function schemasAt(root: SchemaNode, path: readonly (string | number)[]): readonly SchemaNode[] {
  let found = alternatives(root, root);
  for (const part of path) {
    const below = found.flatMap((node) => {
      if (typeof part === 'number') return node.items ?? [];
      const named = node.properties && Object.hasOwn(node.properties, part) ? node.properties[part] : undefined;
      return named ?? (typeof node.additionalProperties === 'object' ? node.additionalProperties : []);
    });
    found = below.flatMap((node) => alternatives(root, node));
  }
  return found;
}

function alternatives(root: SchemaNode, node: SchemaNode): readonly SchemaNode[] {
  const name = node.$ref?.replace('#/$defs/', '');
  const target = name === undefined ? node : root.$defs?.[name];
  if (!target) return [];
  return target.anyOf ? target.anyOf.flatMap((one) => alternatives(root, one)) : [target];
}
