/** `prepack`: what npm would pack here is TypeScript, which Node does not run inside node_modules. */
process.stderr.write('This project runs from source. To pack it as JavaScript: npm run pack --workspace @rcm/task-client\n');
process.exitCode = 1;
