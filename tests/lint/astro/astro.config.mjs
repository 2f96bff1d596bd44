// @ts-check
import { defineConfig } from 'astro/config';

// https://astro.build/config
export default defineConfig({
  // Example: Use the function syntax to customize based on command
  server: { port: 1234, host: true},
});
