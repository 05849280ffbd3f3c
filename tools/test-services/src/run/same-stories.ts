import fc from 'fast-check';
import { isLongForm } from '../long-form.ts';

/**
 * On a change, what is generated is the same each time: whoever runs one commit twice has one answer, and a failure is of the change. Long forms draw anew, and say
 * their seed where they fail.
 */
if (!isLongForm()) fc.configureGlobal({ seed: 20_261_130 });
