// A PostgreSQL of the tests' own: data in a temporary folder, a Unix socket only, gone with the object.
#pragma once

#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace tessera::store {

class TestPostgres {
 public:
  /// Throws when the server's programs are missing or it does not come up: its tests fail then, they are not skipped.
  TestPostgres() : folder_(make_folder()) {
    const std::string data = folder_ + "/data";
    const auto made = spawn({"initdb", "-D", data, "-A", "trust", "-U", "tessera", "-E", "UTF8", "--locale=C", "--no-sync"}, SIGKILL);
    int status = 0;
    ::waitpid(made, &status, 0);
    if (status != 0) throw std::runtime_error("initdb failed");
    server_ = spawn({"postgres", "-D", data, "-k", folder_, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200", "-c",
                     "logging_collector=off"},
                    SIGQUIT);
    for (int tries = 0; PQping(url("postgres").c_str()) != PQPING_OK; ++tries) {
      if (tries == 1'500) throw std::runtime_error("PostgreSQL did not start");
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  ~TestPostgres() {
    ::kill(server_, SIGQUIT);
    ::waitpid(server_, nullptr, 0);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  TestPostgres(const TestPostgres&) = delete;
  TestPostgres& operator=(const TestPostgres&) = delete;

  /// A new, empty database.
  std::string make_database() {
    const auto name = "test" + std::to_string(++databases_);
    execute("postgres", "create database " + name);
    return url(name);
  }
  /// A copy of one that nobody is connected to.
  std::string copy_database(const std::string& of) {
    const auto begin = of.find("@/") + 2;
    const auto name = "test" + std::to_string(++databases_);
    execute("postgres", "create database " + name + " template " + of.substr(begin, of.find('?') - begin));
    return url(name);
  }
  /// Runs SQL as the server's owner. Throws with the server's message.
  void execute(const std::string& database, const std::string& sql) {
    PGconn* const connection = PQconnectdb(database.find("://") == std::string::npos ? url(database).c_str() : database.c_str());
    PGresult* const result = PQexec(connection, sql.c_str());
    const auto status = PQresultStatus(result);
    const std::string message = PQerrorMessage(connection);
    PQclear(result);
    PQfinish(connection);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) throw std::runtime_error(message);
  }

 private:
  static constexpr const char* kPrograms = "/usr/lib/postgresql/15/bin/";

  std::string url(const std::string& database) const { return "postgresql://tessera@/" + database + "?host=" + folder_; }

  static std::string make_folder() {
    std::string folder = (std::filesystem::temp_directory_path() / "tessera-postgres-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no temporary folder");
    // initdb refuses root.
    if (const auto* owner = ::getpwnam("postgres"); ::geteuid() == 0) {
      if (!owner || ::chown(folder.c_str(), owner->pw_uid, owner->pw_gid) != 0) throw std::runtime_error("no user postgres");
    }
    return folder;
  }

  /// Starts a program as the user postgres (as root) or as oneself; it gets `at_death` when the tests die.
  pid_t spawn(const std::vector<std::string>& words, int at_death) const {
    const std::string program = kPrograms + words.front();
    std::vector<std::string> copies = words;
    std::vector<char*> arguments;
    for (auto& word : copies) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const auto* const owner = ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr;
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("fork failed");
    if (child > 0) return child;
    if (owner && (::setgid(owner->pw_gid) != 0 || ::setuid(owner->pw_uid) != 0)) ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, at_death);
    if (::chdir(folder_.c_str()) != 0 || !std::freopen((folder_ + "/log").c_str(), "a", stdout)) ::_exit(126);
    ::dup2(1, 2);
    ::execv(program.c_str(), arguments.data());
    ::_exit(127);
  }

  std::string folder_;
  pid_t server_ = -1;
  int databases_ = 0;
};

}  // namespace tessera::store
