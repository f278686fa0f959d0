// Loaded before a stand-in's own code (`node --require`): its server never closes an idle connection by itself.
// Node does so after five seconds, maybe just as a client uses the connection again, and that request fails by chance.
const { Server } = require("node:http");

const { listen } = Server.prototype;

Server.prototype.listen = function patient(...where) {
  this.keepAliveTimeout = 0;
  return listen.apply(this, where);
};
