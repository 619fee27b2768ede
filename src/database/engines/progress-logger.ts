import type { Logger } from "typeorm";

/** TypeORM's logger as the way by which a stair says how far it is; everything else stays unsaid. */
export class ProgressLogger implements Logger {
  constructor(readonly onProgress: (text: string) => void) {}

  logMigration(message: string): void {
    this.onProgress(message);
  }

  logQuery(): void {
    return;
  }

  logQueryError(): void {
    return;
  }

  logQuerySlow(): void {
    return;
  }

  logSchemaBuild(): void {
    return;
  }

  log(): void {
    return;
  }
}
