// Threads for TensorFlow operations: its C API does not hand out its own.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

/** Parts of one operation, which any thread may take. */
struct Work {
  std::function<void(int)> part;
  int parts;
  std::atomic<int> next{0};
  std::atomic<int> left;
};

/** As many as TensorFlow computes one operation with, the caller's included. */
class Threads {
 public:
  /** Never ended: TensorFlow may run graphs until the process is gone. */
  static Threads& get() {
    static Threads* const threads = new Threads();
    return *threads;
  }

  /** Runs part(0) to part(parts - 1), in any order, and returns when all are done. */
  void run(int parts, std::function<void(int)> part) {
    const auto work = std::make_shared<Work>();
    work->part = std::move(part);
    work->parts = parts;
    work->left = parts;
    const int helpers = std::min(parts - 1, count_);
    if (helpers > 0) {
      std::lock_guard<std::mutex> lock(mutex_);
      for (int i = 0; i < helpers; i++) queue_.push_back(work);
    }
    for (int i = 0; i < helpers; i++) wake_.notify_one();
    takeParts(*work);
    if (work->left.load() == 0) return;
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [&] { return work->left.load() == 0; });
  }

 private:
  Threads() {
    const char* const wanted = std::getenv("TF_NUM_INTRAOP_THREADS");
    const int threads = wanted == nullptr ? 0 : std::atoi(wanted);
    count_ = (threads > 0 ? threads : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()))) - 1;
    for (int i = 0; i < count_; i++) std::thread([this] { serve(); }).detach();
  }

  void serve() {
    for (;;) {
      std::shared_ptr<Work> work;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [&] { return !queue_.empty(); });
        work = queue_.front();
        queue_.pop_front();
      }
      takeParts(*work);
    }
  }

  void takeParts(Work& work) {
    for (int at = work.next++; at < work.parts; at = work.next++) {
      work.part(at);
      if (--work.left > 0) continue;
      std::lock_guard<std::mutex> lock(mutex_);
      done_.notify_all();
    }
  }

  int count_;
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::deque<std::shared_ptr<Work>> queue_;
};
