import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Where the files that may see plaintext are listed, each with its reason: `| path/from/the/root.ts | why |`. */
const LISTS = ['libs/credentials/README.md', 'docs/plaintext.md'];

/** The two ways out of a `Secret` (libs/telemetry/src/secret.ts): everything else prints `[secret]`. */
const WAYS_OUT = new Set(['reveal', 'map']);

const listed = (root) =>
  new Set(LISTS.flatMap((list) => [...readFileSync(join(root, list), 'utf8').matchAll(/^\| `((?:apps|libs)\/[^`]+\.ts)` +\|/gm)].map(([, path]) => path)));

/**
 * Reports every way to what is in a `Secret` in any file that the lists do not name: `.reveal` of anything, so that a cast does not hide
 * it; `.map` of a `Secret`, through whatever type it is reached (a subclass, a type parameter, an interface of our own that has such a
 * method, `any`), so that only what TypeScript's or a package's own declarations call `map` is let through; either name as a computed key
 * or an argument (`Reflect.get`); and a cast that makes something else of a `Secret`. The option is the workspace's root.
 */
export const plaintextOwners = {
  meta: {
    type: 'problem',
    schema: [{ type: 'string' }],
    messages: { unlisted: `Plaintext leaves a Secret here. Pass the handle on, or list this file with the reason in ${LISTS.join(' or ')}.` },
  },
  create(context) {
    const [root] = context.options;
    if (listed(root).has(relative(root, context.filename))) return {};
    const { program, getTypeAtLocation } = context.sourceCode.parserServices;
    const checker = program.getTypeChecker();
    const typeOf = (node) => checker.getApparentType(checker.getNonNullableType(getTypeAtLocation(node)));
    const isOfSecret = (property) => property?.declarations?.some(({ parent }) => parent.name?.text === 'Secret') ?? false;
    const isSecret = (node) => isOfSecret(checker.getPropertyOfType(typeOf(node), 'reveal'));
    /** `any` says nothing of what it is; a method of our own sources may be one that a `Secret` was passed for. */
    const mayBeOfSecret = (holder, name) => {
      const type = typeOf(holder);
      const property = checker.getPropertyOfType(type, name);
      if (property === undefined) return checker.typeToString(type) === 'any';
      if (isOfSecret(property)) return true;
      const isForeign = property.declarations?.every((declaration) => declaration.getSourceFile().isDeclarationFile) ?? true;
      return !isForeign && checker.getTypeOfSymbol(property).getCallSignatures().length > 0;
    };
    /** A computed key, or an argument, by its type: `'reveal'`, a constant that holds it, `keyof Secret`. */
    const namesOf = (computed, key) => {
      if (!computed) return [key.type === 'Literal' ? key.value : key.name];
      const type = getTypeAtLocation(key);
      const known = checker.getBaseConstraintOfType(type) ?? type;
      return (known.isUnion() ? known.types : [known]).flatMap((each) => (each.isStringLiteral() ? [each.value] : []));
    };
    const report = (node) => context.report({ node, messageId: 'unlisted' });
    const check = (node, holder, names) => {
      if (names.some((name) => WAYS_OUT.has(name) && (name === 'reveal' || mayBeOfSecret(holder, name)))) report(node);
    };
    const checkCast = (node) => {
      if (isSecret(node.expression) && !isSecret(node)) report(node);
    };
    return {
      MemberExpression: (node) => check(node.property, node.object, namesOf(node.computed, node.property)),
      ObjectPattern(pattern) {
        for (const property of pattern.properties) if (property.type === 'Property') check(property.key, pattern, namesOf(property.computed, property.key));
      },
      CallExpression(call) {
        for (const argument of call.arguments) if (namesOf(true, argument).some((name) => WAYS_OUT.has(name))) report(argument);
      },
      TSAsExpression: checkCast,
      TSTypeAssertion: checkCast,
    };
  },
};
