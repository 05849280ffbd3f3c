import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Where the files that may see plaintext are listed, each with its reason: `| path/from/the/root.ts | why |`. */
const LISTS = ['libs/credentials/README.md', 'docs/plaintext.md'];

/** The two ways out of a `Secret` (libs/telemetry/src/secret.ts): everything else prints `[secret]`. */
const WAYS_OUT = new Set(['reveal', 'map']);

const listed = (root) =>
  new Set(LISTS.flatMap((list) => [...readFileSync(join(root, list), 'utf8').matchAll(/^\| `((?:apps|libs)\/[^`]+\.ts)` +\|/gm)].map(([, path]) => path)));

/** Reports `.reveal` and `.map` of a `Secret` in any file that the lists do not name. The option is the workspace's root. */
export const plaintextOwners = {
  meta: {
    type: 'problem',
    schema: [{ type: 'string' }],
    messages: { unlisted: `Plaintext leaves a Secret here. Pass the handle on, or list this file with the reason in ${LISTS.join(' or ')}.` },
  },
  create(context) {
    const [root] = context.options;
    if (listed(root).has(relative(root, context.filename))) return {};
    const isSecret = (type) => (type.isUnion() ? type.types.some(isSecret) : type.getSymbol()?.name === 'Secret');
    const nameOf = ({ computed, property }) => (computed ? property.value : property.name);
    return {
      MemberExpression(node) {
        const { getTypeAtLocation } = context.sourceCode.parserServices;
        if (WAYS_OUT.has(nameOf(node)) && isSecret(getTypeAtLocation(node.object))) context.report({ node: node.property, messageId: 'unlisted' });
      },
    };
  },
};
