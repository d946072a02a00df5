// The runtime of functions in JavaScript: finds the handler, and gives it one invocation after the other.
//
// What handlers see (context, callbacks, console lines, error shapes) is as in Lambda's own runtime: Developer Guide,
// "Building Lambda functions with Node.js"; github.com/aws/aws-lambda-nodejs-runtime-interface-client says the rest.

import fs from "node:fs";
import http from "node:http";
import { createRequire, Module } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import util from "node:util";

const VERSION = "/2018-06-01/runtime";
const ERROR_TYPE = "Lambda-Runtime-Function-Error-Type";
const EXIT_REJECTED = 128;
const EXIT_THROWN = 129;
const CALLBACKS_REMOVED_IN = 24;
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

// What is going on: the invocation, and what to do when the event loop is empty or an error reaches nobody.
const present = { requestId: "", whenEmpty: () => {}, whenLost: undefined };

class RuntimeError extends Error {
  constructor(name, message) {
    super(message);
    this.name = `Runtime.${name}`;
  }
}

// The server's message comes by a socket, once the code is verified; without one the environment is there already.
function takeMessage(orders) {
  if (orders.channel === undefined) return;
  const parts = [];
  const buffer = Buffer.alloc(65536);
  do {
    const size = fs.readSync(orders.channel, buffer);
    if (size === 0) process.exit(0);
    parts.push(Buffer.from(buffer.subarray(0, size)));
  } while (parts.at(-1).at(-1) !== 10);
  fs.closeSync(orders.channel);
  const message = JSON.parse(Buffer.concat(parts));
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, message.environment);
  process.chdir(message.folder);
  // NODE_PATH has been read before it was set.
  Module._initPaths();
}

function call(method, target, body = "", headers = {}) {
  const [host, ...prefix] = process.env.AWS_LAMBDA_RUNTIME_API.split("/");
  const [hostname, port] = host.split(":");
  const where = ["", ...prefix].join("/") + VERSION + target;
  return new Promise((resolve, reject) => {
    const length = { "Content-Length": Buffer.byteLength(body) };
    const request = http.request(
      { agent, method, hostname, port, path: where, headers: method === "GET" ? headers : { ...headers, ...length } },
      (response) => {
        const parts = [];
        response.on("data", (part) => parts.push(part));
        response.on("error", reject);
        response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(parts).toString("utf8") }));
      },
    );
    request.setNoDelay(true);
    request.on("error", reject);
    request.end(body);
  });
}

function describe(error) {
  if (error instanceof Error || util.types.isNativeError(error)) {
    return { errorType: error.name, errorMessage: error.message, trace: String(error.stack).split("\n") };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

async function postError(target, error) {
  const described = describe(error);
  const type = encodeURI(described.errorType ?? "Error");
  await call("POST", target, JSON.stringify(described), { "Content-Type": "application/json", [ERROR_TYPE]: type });
}

const LEVELS = { trace: "TRACE", debug: "DEBUG", log: "INFO", info: "INFO", warn: "WARN", error: "ERROR" };

function writeLine(level, text) {
  const line = `${new Date().toISOString()}\t${present.requestId || "undefined"}\t${level}\t${text}`;
  fs.writeSync(1, `${line.replaceAll("\n", "\r")}\n`);
}

const ORDER = Object.values(LEVELS).filter((level, place, all) => all.indexOf(level) === place);

function writeObject(level, text) {
  if (ORDER.indexOf(level) < ORDER.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL ?? "TRACE")) return;
  const line = { timestamp: new Date().toISOString(), level, requestId: present.requestId, message: text };
  fs.writeSync(1, `${JSON.stringify(line)}\n`);
}

function patchConsole() {
  for (const [name, level] of Object.entries(LEVELS)) {
    const write = process.env.AWS_LAMBDA_LOG_FORMAT === "JSON" ? writeObject : writeLine;
    console[name] = (...parts) => write(level, util.format(...parts));
  }
}

function refuseStreams() {
  const refuse = () => {
    throw new RuntimeError("StreamingNotSupported", "response streaming (awslambda.streamifyResponse) is not run here");
  };
  globalThis.awslambda = { streamifyResponse: refuse, HttpResponseStream: { from: refuse } };
}

// `src/app.inner.handler`: the folder, the module, and what is looked up in it.
function splitHandler(handler) {
  const match = /^([^.]*)\.(.*)$/.exec(path.basename(handler));
  if (handler.includes("..") || match === null) throw new RuntimeError("MalformedHandlerName", "Bad handler");
  return { file: path.join(path.dirname(handler), match[1]), names: match[2].split(".") };
}

function find(file) {
  const base = path.resolve(process.env.LAMBDA_TASK_ROOT, file);
  for (const end of ["", ".js", ".mjs", ".cjs"]) {
    if (fs.statSync(base + end, { throwIfNoEntry: false })?.isFile()) return base + end;
  }
  const require = createRequire(path.join(process.env.LAMBDA_TASK_ROOT, "index.js"));
  return require.resolve(file, { paths: [process.env.LAMBDA_TASK_ROOT] });
}

async function load(file) {
  try {
    const found = find(file);
    // Without an ending a file is CommonJS, which `import` would not know.
    if (path.extname(found) === "") return createRequire(found)(found);
    return await import(pathToFileURL(found));
  } catch (error) {
    if (error instanceof SyntaxError) throw rename(error, "Runtime.UserCodeSyntaxError");
    if (["MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND"].includes(error?.code)) {
      throw rename(error, "Runtime.ImportModuleError");
    }
    throw error;
  }
}

function rename(error, name) {
  const renamed = new Error(`${error.name}: ${error.message}`);
  renamed.name = name;
  const frames = String(error.stack).split("\n").filter((line) => line.startsWith("    at "));
  renamed.stack = [`${name}: ${renamed.message}`, ...frames].join("\n");
  return renamed;
}

async function findHandler(name) {
  const { file, names } = splitHandler(name);
  const module = await load(file);
  const lookUp = (root) => names.reduce((found, part) => found?.[part], root);
  const handler = lookUp(module) ?? lookUp(module?.default);
  if (handler === undefined) throw new RuntimeError("HandlerNotFound", `${name} is undefined or not exported`);
  if (typeof handler !== "function") throw new RuntimeError("HandlerNotFound", `${name} is not a function`);
  if (handler.length > 2 && Number(process.versions.node.split(".")[0]) >= CALLBACKS_REMOVED_IN) {
    throw new RuntimeError("CallbackHandlerDeprecated", "callbacks are no handlers' way any more from Node.js 24 on");
  }
  return handler;
}

function parseHeader(value) {
  return value === undefined ? undefined : JSON.parse(Buffer.from(value, "latin1").toString("utf8"));
}

function makeContext(headers, options) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  return {
    get callbackWaitsForEmptyEventLoop() { return options.waits; },
    set callbackWaitsForEmptyEventLoop(waits) { options.waits = waits; },
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parseHeader(headers["lambda-runtime-client-context"]),
    identity: parseHeader(headers["lambda-runtime-cognito-identity"]),
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

// Settles when the handler has ended in one of its ways: a promise, a callback, the context's methods; or when nothing
// is left that could end it, as Lambda does.
function run(handler, invocation) {
  return new Promise((resolve, reject) => {
    const options = { waits: true };
    const end = (settle) => (value) => {
      present.whenEmpty = () => settle(value);
      if (!options.waits) setImmediate(present.whenEmpty);
    };
    const succeed = end(resolve);
    const fail = end(reject);
    const done = (error, value) => (error === null || error === undefined ? succeed(value) : fail(error));
    const now = (method) => (...values) => {
      options.waits = false;
      method(...values);
    };
    present.whenEmpty = () => resolve(null);
    const context = makeContext(invocation.headers, options);
    Object.assign(context, { succeed: now(succeed), fail: now(fail), done: now(done) });
    const result = handler(JSON.parse(invocation.body), context, done);
    if (typeof result?.then === "function") result.then(resolve, reject);
  });
}

function serialise(value) {
  try {
    return JSON.stringify(value === undefined ? null : value) ?? "null";
  } catch {
    throw new Error("Unable to stringify response body");
  }
}

async function serve(handler, invocation) {
  const target = `/invocation/${invocation.headers["lambda-runtime-aws-request-id"]}`;
  present.requestId = invocation.headers["lambda-runtime-aws-request-id"];
  present.whenLost = (error) => postError(`${target}/error`, error);
  process.env._X_AMZN_TRACE_ID = invocation.headers["lambda-runtime-trace-id"] ?? "";
  try {
    const answer = serialise(await run(handler, invocation));
    await call("POST", `${target}/response`, answer, { "Content-Type": "application/json" });
  } catch (error) {
    writeLine("ERROR", `Invoke Error \t${JSON.stringify(describe(error))}`);
    await postError(`${target}/error`, error);
  }
  present.whenEmpty = () => {};
}

// An error that reaches nobody ends the process, after the server has been told.
async function lose(kind, error, status) {
  writeLine("ERROR", `${kind} \t${JSON.stringify(describe(error))}`);
  await present.whenLost(error);
  process.exit(status);
}

function watchErrors() {
  present.whenLost = (error) => postError("/init/error", error);
  process.on("beforeExit", () => present.whenEmpty());
  process.on("uncaughtException", (error) => lose("Uncaught Exception", error, EXIT_THROWN));
  process.on("unhandledRejection", (reason) => {
    const text = reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason);
    lose("Unhandled Promise Rejection", new RuntimeError("UnhandledPromiseRejection", text), EXIT_REJECTED);
  });
}

async function main() {
  takeMessage(JSON.parse(process.argv[2]));
  process.argv.splice(2);
  patchConsole();
  refuseStreams();
  watchErrors();
  let handler;
  try {
    handler = await findHandler(process.env._HANDLER);
  } catch (error) {
    await lose("Uncaught Exception", error, 1);
  }
  for (;;) await serve(handler, await call("GET", "/invocation/next"));
}

main();
