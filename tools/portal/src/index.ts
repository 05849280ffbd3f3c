/** npm run portal: lint, try and check a recipe, without database or store. */
export {};
