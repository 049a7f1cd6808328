// The load generator of script/bench: keep-alive connections over epoll, one thread, as little work a request as can be.
//
//   tessera_load --port PORT --requests FILE [--from 0] [--connections 32] [--warmup 3] [--seconds 10]
//                [--pids PID,PID]
//   tessera_load --port PORT --refresh FILE --head TEXT-FILE --form PREFIX ...
//   tessera_load --port PORT --codes COUNT --authorize REQUEST-FILE --head TEXT-FILE --form PREFIX [--connections 32]
//
// --requests: whole HTTP requests, each ended by byte 0x1e, sent in turn; each connection begins elsewhere, and --from so many further on.
// --refresh: refresh tokens, one a line, dealt out to the connections; each answer's refresh_token takes its place.
//   --head holds the request line and headers (without Content-Length), --form what stands before the token in the body.
//   In the end FILE holds the tokens that came last, so that the next run can go on.
// --codes: sends the request of REQUEST-FILE so often, takes the `code` of each Location, then redeems each code once. Only redeeming is
//   measured, to its end: codes are good for a minute, so there is no warm-up.
// --patient 1: waits for answers instead of asking for them all the time, for a load that another one is measured beside.
//
// Prints one JSON object: requests and 2xx after the warm-up, latencies, CPU seconds that the given processes used.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "tessera_load: %s\n", what.c_str());
  std::exit(1);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) die("can't read " + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

/// User and system time of a process and all its threads.
double cpu_seconds_of(const std::string& pid) {
  const std::string stat = read_file("/proc/" + pid + "/stat");
  std::istringstream fields(stat.substr(stat.rfind(')') + 2));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

/// What is sent next, and what an answer changes about it.
class Source {
 public:
  virtual ~Source() = default;
  /// "": nothing more.
  virtual std::string_view next(std::size_t connection) = 0;
  /// The whole answer.
  virtual void answered(std::size_t connection, std::string_view answer) = 0;
};

/// What stands in `text` between `before` and any of `ends`; "" when `before` does not.
std::string_view between(std::string_view text, std::string_view before, std::string_view ends) {
  const auto at = text.find(before);
  if (at == text.npos) return {};
  text.remove_prefix(at + before.size());
  return text.substr(0, text.find_first_of(ends));
}

/// A form whose last field is `value`.
std::string form_request(const std::string& head, const std::string& form, const std::string& value) {
  return head + "Content-Length: " + std::to_string(form.size() + value.size()) + "\r\n\r\n" + form + value;
}

/// The same requests over and over.
class Fixed final : public Source {
 public:
  Fixed(const std::string& path, std::size_t from, std::size_t connections) : requests_(split(read_file(path), '\x1e')) {
    if (requests_.empty()) die("no request in " + path);
    for (std::size_t i = 0; i < connections; ++i) at_.push_back(from + i * requests_.size() / connections);
  }
  std::string_view next(std::size_t connection) override { return requests_[at_[connection]++ % requests_.size()]; }
  void answered(std::size_t, std::string_view) override {}

 private:
  std::vector<std::string> requests_;
  std::vector<std::size_t> at_;
};

/// Refresh chains: each connection goes round its own families.
class Refresh final : public Source {
 public:
  Refresh(const std::string& tokens, const std::string& head, std::string form, std::size_t connections)
      : file_(tokens), head_(read_file(head)), form_(std::move(form)), chains_(connections), at_(connections), buffers_(connections) {
    std::size_t dealt = 0;
    for (auto& token : split(read_file(tokens), '\n')) chains_[dealt++ % connections].push_back(std::move(token));
    if (dealt < connections) die("fewer refresh tokens than connections");
  }

  ~Refresh() override {
    std::ofstream file(file_);
    for (const auto& chain : chains_)
      for (const auto& token : chain) file << token << '\n';
  }

  std::string_view next(std::size_t connection) override { return buffers_[connection] = form_request(head_, form_, current(connection)); }

  void answered(std::size_t connection, std::string_view answer) override {
    const auto token = between(answer, "\"refresh_token\":\"", "\"");
    if (token.empty()) return;
    current(connection) = token;
    ++at_[connection];
  }

 private:
  std::string& current(std::size_t connection) { return chains_[connection][at_[connection] % chains_[connection].size()]; }

  std::string file_;
  std::string head_;
  std::string form_;
  std::vector<std::vector<std::string>> chains_;
  std::vector<std::size_t> at_;
  std::vector<std::string> buffers_;
};

/// One request so often, for the code in each answer's Location.
class Authorize final : public Source {
 public:
  Authorize(const std::string& request, std::size_t count) : request_(read_file(request)), count_(count) {}
  std::string_view next(std::size_t) override { return asked_++ < count_ ? std::string_view(request_) : std::string_view(); }
  void answered(std::size_t, std::string_view answer) override { codes.emplace_back(between(answer, "code=", "&\r\n")); }

  std::vector<std::string> codes;

 private:
  std::string request_;
  std::size_t count_;
  std::size_t asked_ = 0;
};

/// Each code once.
class Redeem final : public Source {
 public:
  Redeem(const std::string& head, const std::string& form, const std::vector<std::string>& codes) {
    const std::string text = read_file(head);
    for (const auto& code : codes) requests_.push_back(form_request(text, form, code));
  }
  std::string_view next(std::size_t) override {
    return sent_ < requests_.size() ? std::string_view(requests_[sent_++]) : std::string_view();
  }
  void answered(std::size_t, std::string_view) override {}

 private:
  std::vector<std::string> requests_;
  std::size_t sent_ = 0;
};

struct Connection {
  int fd = -1;
  std::string in;
  Clock::time_point sent_at;
};

/// Where the body of the first response in `in` begins and how long the response is; 0 while it is not whole.
struct Whole {
  std::size_t body = 0;
  std::size_t size = 0;
  int status = 0;
};

Whole whole_response(std::string_view in) {
  const auto end = in.find("\r\n\r\n");
  if (end == in.npos) return {};
  Whole whole{.body = end + 4};
  std::string head(in.substr(0, end));
  std::transform(head.begin(), head.end(), head.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  std::from_chars(head.data() + 9, head.data() + 12, whole.status);
  std::size_t length = 0;
  if (const auto at = head.find("\r\ncontent-length: "); at != head.npos) {
    const char* digits = head.data() + at + 18;
    std::from_chars(digits, head.data() + head.size(), length);
  } else if (whole.status != 204) {
    die("an answer without Content-Length: " + head);
  }
  whole.size = whole.body + length;
  return in.size() >= whole.size ? whole : Whole{};
}

class Load {
 public:
  Load(std::uint16_t port, std::size_t connections, Source& source, int wait_ms = 0)
      : port_(port), source_(source), connections_(connections), wait_ms_(wait_ms) {
    epoll_ = epoll_create1(0);
    for (std::size_t i = 0; i < connections; ++i) open(i);
  }

  /// Runs until `end`, or until the source has nothing more; counts what is answered from `start` on. Unless it is told to wait, it never
  /// sleeps: a server that is slower than another would pay for waking it at every answer, where the faster one finds it awake.
  void run(Clock::time_point start, Clock::time_point end) {
    while (under_way_ > 0 && Clock::now() < end) receive_all(start);
  }

  /// Waits for the answers under way, a second at most.
  void finish() {
    sending_ = false;
    const auto end = Clock::now() + std::chrono::seconds(1);
    while (under_way_ > 0 && Clock::now() < end) receive_all(Clock::time_point::max());
  }

  std::uint64_t requests = 0;
  std::uint64_t good = 0;
  std::map<int, std::uint64_t> statuses;
  std::vector<std::uint32_t> latencies_us;

 private:
  void open(std::size_t index) {
    Connection& connection = connections_[index];
    connection.in.clear();
    connection.fd = socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(port_), .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    sockaddr generic{};
    std::copy_n(reinterpret_cast<const char*>(&address), sizeof address, reinterpret_cast<char*>(&generic));
    if (connect(connection.fd, &generic, sizeof generic) != 0) die("can't connect");
    const int on = 1;
    setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{.events = EPOLLIN, .data = {.u64 = index}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
    send_next(index);
  }

  void receive_all(Clock::time_point start) {
    const int ready = epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), wait_ms_);
    for (int i = 0; i < ready; ++i) receive(events_[static_cast<std::size_t>(i)].data.u64, start);
  }

  void send_next(std::size_t index) {
    if (!sending_) return;
    const std::string_view request = source_.next(index);
    if (request.empty()) return;
    ++under_way_;
    connections_[index].sent_at = Clock::now();
    if (write(connections_[index].fd, request.data(), request.size()) != static_cast<ssize_t>(request.size())) die("a short write");
  }

  void receive(std::size_t index, Clock::time_point start) {
    Connection& connection = connections_[index];
    char buffer[65536];
    const ssize_t count = read(connection.fd, buffer, sizeof buffer);
    if (count <= 0) {
      --under_way_;
      close(connection.fd);
      return open(index);
    }
    connection.in.append(buffer, static_cast<std::size_t>(count));
    const Whole whole = whole_response(connection.in);
    if (whole.size == 0) return;
    --under_way_;
    source_.answered(index, std::string_view(connection.in).substr(0, whole.size));
    const auto now = Clock::now();
    if (now >= start) count_answer(whole.status, now - connection.sent_at);
    connection.in.erase(0, whole.size);
    send_next(index);
  }

  void count_answer(int status, Clock::duration took) {
    ++requests;
    ++statuses[status];
    if (status >= 200 && status < 300) ++good;
    latencies_us.push_back(static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
  }

  std::uint16_t port_;
  Source& source_;
  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::vector<epoll_event> events_{connections_.size()};
  int wait_ms_;
  bool sending_ = true;
  int under_way_ = 0;
};

std::uint32_t quantile(std::vector<std::uint32_t>& values, double part) {
  if (values.empty()) return 0;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

double cpu_of_all(const std::vector<std::string>& pids) {
  double sum = 0;
  for (const auto& pid : pids) sum += cpu_seconds_of(pid);
  return sum;
}

using Options = std::map<std::string, std::string>;

std::uint16_t port_of(const Options& options) { return static_cast<std::uint16_t>(std::stoi(options.at("--port"))); }

std::vector<std::string> gather_codes(const Options& options, std::size_t connections) {
  Authorize authorize(options.at("--authorize"), std::stoul(options.at("--codes")));
  Load load(port_of(options), connections, authorize);
  load.run(Clock::time_point::max(), Clock::now() + std::chrono::seconds(30));
  if (std::ranges::count(authorize.codes, std::string()) > 0) die("an answer without a code");
  return std::move(authorize.codes);
}

std::unique_ptr<Source> make_source(const Options& options, std::size_t connections) {
  if (options.contains("--refresh"))
    return std::make_unique<Refresh>(options.at("--refresh"), options.at("--head"), options.at("--form"), connections);
  if (options.contains("--codes"))
    return std::make_unique<Redeem>(options.at("--head"), options.at("--form"), gather_codes(options, connections));
  return std::make_unique<Fixed>(options.at("--requests"), std::stoul(options.at("--from")), connections);
}

}  // namespace

int main(int argc, char** argv) {
  Options options{{"--connections", "32"}, {"--warmup", "3"}, {"--seconds", "10"}, {"--patient", "0"}, {"--from", "0"}};
  for (int i = 1; i + 1 < argc; i += 2) options[argv[i]] = argv[i + 1];
  const std::size_t connections = std::stoul(options["--connections"]);
  const auto pids = split(options["--pids"], ',');

  const auto source = make_source(options, connections);
  Load load(port_of(options), connections, *source, options["--patient"] == "1" ? 100 : 0);

  const auto seconds = [](const std::string& text) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(std::stod(text)));
  };
  const auto start = Clock::now() + seconds(options["--warmup"]);
  load.run(start, start);
  const double cpu_before = cpu_of_all(pids);
  const auto began = Clock::now();
  load.run(start, start + seconds(options["--seconds"]));
  const double took_s = std::chrono::duration<double>(Clock::now() - began).count();
  const double cpu_s = cpu_of_all(pids) - cpu_before;
  load.finish();

  std::string statuses;
  for (const auto& [status, count] : load.statuses)
    statuses += (statuses.empty() ? "\"" : ",\"") + std::to_string(status) + "\":" + std::to_string(count);
  std::printf("{\"requests\":%llu,\"good\":%llu,\"seconds\":%.3f,\"cpu_s\":%.3f,\"p50_us\":%u,\"p99_us\":%u,\"statuses\":{%s}}\n",
              static_cast<unsigned long long>(load.requests), static_cast<unsigned long long>(load.good), took_s, cpu_s,
              quantile(load.latencies_us, 0.5), quantile(load.latencies_us, 0.99), statuses.c_str());
  return load.good > 0 ? 0 : 1;
}
