// A Medusa server with nothing beside it but PostgreSQL: no Redis, no admin pages, no telemetry, no mail.
const { defineConfig } = require("@medusajs/framework/utils");

module.exports = defineConfig({
  projectConfig: {
    databaseUrl: process.env.DATABASE_URL,
    databaseLogging: false,
    http: {
      storeCors: "http://127.0.0.1",
      adminCors: "http://127.0.0.1",
      authCors: "http://127.0.0.1",
      // Its books live for one test on loopback; the secrets protect nothing.
      jwtSecret: "live-test",
      cookieSecret: "live-test",
    },
  },
  admin: { disable: true },
});
