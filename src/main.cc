#include "cli/cli.h"
#include "serve.h"

/// Read by jemalloc. Without a thread of its own it gives memory back only where the program goes on allocating, so that an arena that
/// was busy once keeps all of it.
extern "C" {
extern const char* const malloc_conf;
const char* const malloc_conf = "background_thread:true";
}

int main(int argc, char** argv) { return tessera::cli::run_cli(argc, argv, tessera::serve); }
