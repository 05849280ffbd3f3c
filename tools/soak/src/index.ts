/** npm run soak: agents and rotators at work while everything around them fails. */
export { type Figures, targetsOf } from './figures.ts';
