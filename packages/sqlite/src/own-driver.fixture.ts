export { nodeSqliteDriver as driver } from "./node-sqlite-driver.ts";
